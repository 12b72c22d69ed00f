import { isBusEventType, type BusSignal, type EventMessage } from '@llmgine/core';
import { context, SpanKind, trace, type Span } from '@opentelemetry/api';
import { attribute } from './attributes.ts';
import { markFailed, recordFailure } from './span-errors.ts';
import { messageAttributes, type SpanScope } from './span-scope.ts';

/** The signal of one type. */
type SignalOf<Type extends BusSignal['type']> = Extract<BusSignal, { readonly type: Type }>;

/** Makes the spans of sessions, of commands and of the publishing of events. */
export class MessageSpans {
  readonly #scope: SpanScope;

  constructor(scope: SpanScope) {
    this.#scope = scope;
  }

  sessionStarted({ sessionId }: SignalOf<'session.started'>): void {
    const caller = trace.getSpanContext(context.active());
    const span = this.#scope.settings.tracer.startSpan('session', {
      root: true,
      attributes: { [attribute.sessionId]: sessionId, [attribute.conversationId]: sessionId },
      links: caller ? [{ context: caller }] : [],
    });
    this.#scope.sessionStarted(sessionId, span);
  }

  sessionEnded({ sessionId, error }: SignalOf<'session.ended'>): void {
    const span = this.#scope.sessionEnded(sessionId);
    if (span && error) recordFailure(span, error, this.#scope.settings.redact);
    span?.end();
  }

  commandStarted({ command }: SignalOf<'command.started'>): void {
    const { tracer } = this.#scope.settings;
    const parent = this.#scope.parentOf(command);
    const span = tracer.startSpan(
      `execute ${command.type}`,
      {
        kind: SpanKind.INTERNAL,
        attributes: messageAttributes(command, ['execute', 'process'], this.#scope.settings),
        links: this.#scope.sessionLinks(command, parent),
      },
      parent,
    );
    this.#scope.open(command.id, span, parent);
  }

  commandRetried({ command, attempt, delayMs }: SignalOf<'command.retried'>): void {
    this.#scope.traceOf(command.id)?.open?.addEvent('retry', {
      [attribute.attempt]: attempt,
      [attribute.delayMs]: delayMs,
    });
  }

  commandCompleted({ command, result }: SignalOf<'command.completed'>): void {
    const { open: span, isAttempted } = this.#scope.take(command.id) ?? {};
    if (span && !result.success) {
      (isAttempted ? markFailed : recordFailure)(span, result.error, this.#scope.settings.redact);
    }
    span?.end();
  }

  /** The bus's own events are told of by other spans. */
  published({ event }: SignalOf<'event.published'>): void {
    if (isBusEventType(event.type) || event.lossy) return;
    const { tracer } = this.#scope.settings;
    const parent = this.#scope.parentOf(event);
    const span = tracer.startSpan(
      `publish ${event.type}`,
      {
        kind: SpanKind.PRODUCER,
        attributes: messageAttributes(event, ['publish', 'send'], this.#scope.settings),
        links: this.#scope.sessionLinks(event, parent),
      },
      parent,
    );
    this.#scope.open(event.id, span, parent);
  }

  /** Publishing has ended: the event was accepted, held, or refused. */
  publishedAs(event: EventMessage, disposition: string): void {
    const published = this.#scope.traceOf(event.id);
    if (!published?.open) return;
    endPublishing(published.open, disposition);
    published.open = undefined;
  }

  /** Handled later, in a trace of its own that is linked to this one. */
  scheduled({ event }: SignalOf<'event.scheduled'>): void {
    this.publishedAs(event, 'scheduled');
  }

  eventEnded(event: EventMessage, disposition: string): void {
    const published = this.#scope.take(event.id);
    if (published?.open) endPublishing(published.open, disposition);
  }
}

function endPublishing(span: Span, disposition: string): void {
  span.setAttribute(attribute.disposition, disposition);
  if (disposition.startsWith('dropped')) {
    const error = { name: disposition, message: `The event was ${disposition}.` };
    markFailed(span, error, (value) => value);
  }
  span.end();
}
