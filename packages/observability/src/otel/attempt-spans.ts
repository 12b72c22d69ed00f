import { isOutcome, type CommandCall, type EventCall, type EventMessage } from '@llmgine/core';
import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Context,
  type Link,
  type Span,
} from '@opentelemetry/api';
import { attribute } from './attributes.ts';
import { recordFailure } from './span-errors.ts';
import { messageAttributes, type SpanScope } from './span-scope.ts';
import { readTraceHeaders } from './trace-headers.ts';

/** Runs one call of a handler inside a span of its own, which is active meanwhile. */
export async function runInAttemptSpan<T>(
  scope: SpanScope,
  span: { readonly span: Span; readonly parent: Context },
  run: () => Promise<T>,
): Promise<T> {
  const { redact } = scope.settings;
  try {
    const value = await context.with(trace.setSpan(span.parent, span.span), run);
    if (isOutcome(value) && !value.success) recordFailure(span.span, value.error, redact);
    return value;
  } catch (thrown) {
    recordFailure(span.span, thrown, redact);
    throw thrown;
  } finally {
    span.span.end();
  }
}

/** Starts the span of one call of a command's handler. */
export function startCommandAttempt(
  scope: SpanScope,
  { command, handler }: CommandCall,
  attempt: number,
) {
  const executed = scope.traceOf(command.id);
  if (executed) executed.isAttempted = true;
  const parent = executed?.origin ?? scope.parentOf(command);
  const span = scope.settings.tracer.startSpan(
    `attempt ${command.type}`,
    {
      kind: SpanKind.INTERNAL,
      attributes: { [attribute.handler]: handler, [attribute.attempt]: attempt },
    },
    parent,
  );
  return { span, parent };
}

/** Starts the span of one call of an event's handler. */
export function startEventAttempt(
  scope: SpanScope,
  { event, handler }: EventCall,
  attempt: number,
) {
  const { parent, links } = originOfEvent(scope, event);
  const attributes = messageAttributes(event, ['process', 'process'], scope.settings);
  attributes[attribute.messagingConsumerGroup] = handler;
  attributes[attribute.attempt] = attempt;
  const span = scope.settings.tracer.startSpan(
    `process ${event.type}`,
    {
      kind: SpanKind.CONSUMER,
      attributes,
      links,
    },
    parent,
  );
  return { span, parent };
}

/** What was held until its time came may come much later: it begins a trace, linked to the one it comes from. */
function originOfEvent(scope: SpanScope, event: EventMessage): { parent: Context; links: Link[] } {
  const origin = scope.originOf(event.id);
  if (event.scheduledAt === undefined)
    return { parent: origin ?? scope.parentOf(event), links: [] };
  const from = (origin && trace.getSpanContext(origin)) ?? readTraceHeaders(event.metadata);
  return { parent: ROOT_CONTEXT, links: from ? [{ context: from }] : [] };
}
