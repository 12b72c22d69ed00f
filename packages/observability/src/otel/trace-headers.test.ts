import {
  context,
  createTraceState,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readTraceHeaders, stampTraceHeaders } from './trace-headers.ts';

const [traceId, spanId] = ['a'.repeat(32), 'b'.repeat(16)];
const inSpan = (changes = {}): Context =>
  trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1, ...changes });
const stamped = (within: Context, metadata: Record<string, unknown> = {}, options = {}) =>
  context.with(within, () => {
    stampTraceHeaders(options)(metadata);
    return metadata;
  });

beforeAll(
  () => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()),
);
afterEach(() => propagation.disable());
afterAll(() => context.disable());

describe('stampTraceHeaders', () => {
  it('12.3: puts the active span into the metadata as W3C headers', () => {
    const traceState = createTraceState('vendor=1');

    expect(stamped(inSpan({ traceState }))).toEqual({
      traceparent: `00-${traceId}-${spanId}-01`,
      tracestate: 'vendor=1',
    });
  });

  it('changes nothing when no span is active', () => {
    expect(stamped(ROOT_CONTEXT, { a: 1 })).toEqual({ a: 1 });
  });

  it('leaves a message of another trace in that trace', () => {
    const elsewhere = { traceparent: `00-${'c'.repeat(32)}-${spanId}-01` };

    expect(stamped(inSpan(), { ...elsewhere })).toEqual(elsewhere);
  });

  it('12.3: carries baggage only when told to', () => {
    propagation.setGlobalPropagator({
      inject: (within, carrier) => {
        (carrier as Record<string, string>)['baggage'] = String(
          propagation.getBaggage(within)?.getEntry('user')?.value,
        );
      },
      extract: (within) => within,
      fields: () => ['baggage'],
    });
    const within = propagation.setBaggage(
      inSpan(),
      propagation.createBaggage({ user: { value: 'ann' } }),
    );

    expect(stamped(within)).not.toHaveProperty('baggage');
    expect(stamped(within, {}, { baggage: true })).toHaveProperty('baggage', 'ann');
  });
});

describe('readTraceHeaders', () => {
  it('reads what was stamped', () => {
    expect(readTraceHeaders(stamped(inSpan()))).toMatchObject({
      traceId,
      spanId,
      traceFlags: 1,
      isRemote: true,
    });
  });

  it.each([
    undefined,
    7,
    '',
    'nonsense',
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `01-${traceId}-${spanId}-01-x`,
  ])('takes %j for no header', (traceparent) => {
    expect(readTraceHeaders({ traceparent })).toBeUndefined();
  });
});
