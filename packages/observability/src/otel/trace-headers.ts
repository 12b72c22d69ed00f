import {
  context,
  createTraceState,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
  type SpanContext,
} from '@opentelemetry/api';

/** How trace headers are put into metadata. */
export interface TraceHeadersOptions {
  /**
   * Carries baggage along, by the propagator that the application registered. Baggage may hold what users entered,
   * and reaches everybody the message reaches.
   * @default false
   */
  readonly baggage?: boolean;
}

const TRACEPARENT = /^00-(?<traceId>[0-9a-f]{32})-(?<spanId>[0-9a-f]{16})-(?<flags>[0-9a-f]{2})$/;

/**
 * Makes what a bus puts into the metadata of each message: the W3C headers of the active span, so that the message's
 * handling, here, later or in another process, belongs to the trace it comes from.
 * Pass it as `createMessageBus({ stampMetadata: stampTraceHeaders() })`.
 */
export function stampTraceHeaders({ baggage = false }: TraceHeadersOptions = {}): (
  metadata: Record<string, unknown>,
) => void {
  return (metadata) => {
    const active = trace.getSpanContext(context.active());
    if (!active || !isSpanContextValid(active)) return;
    const carried = readTraceHeaders(metadata);
    // A message that came from elsewhere keeps where it came from.
    if (carried && carried.traceId !== active.traceId) return;

    metadata['traceparent'] =
      `00-${active.traceId}-${active.spanId}-${active.traceFlags.toString(16).padStart(2, '0')}`;
    const state = active.traceState?.serialize();
    if (state) metadata['tracestate'] = state;
    if (baggage) stampBaggage(metadata);
  };
}

/** The span that a message comes from, by the headers in its metadata. */
export function readTraceHeaders(
  metadata: Readonly<Record<string, unknown>>,
): SpanContext | undefined {
  const { traceparent, tracestate } = metadata;
  if (typeof traceparent !== 'string') return undefined;
  const { traceId, spanId, flags } = TRACEPARENT.exec(traceparent)?.groups ?? {};
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;

  const spanContext: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    ...(typeof tracestate === 'string' && { traceState: createTraceState(tracestate) }),
  };
  return isSpanContextValid(spanContext) ? spanContext : undefined;
}

function stampBaggage(metadata: Record<string, unknown>): void {
  const current = propagation.getActiveBaggage();
  if (!current) return;
  const carrier: Record<string, unknown> = {};
  propagation.inject(propagation.setBaggage(ROOT_CONTEXT, current), carrier);
  if (carrier['baggage'] !== undefined) metadata['baggage'] = carrier['baggage'];
}
