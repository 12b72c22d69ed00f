import { isBusEventType, type BusSignal, type EventMessage } from '@llmgine/core';
import { context, SpanKind, trace, type Span } from '@opentelemetry/api';
import { attribute } from './attributes.ts';
import { BoundedMap } from './bounded-map.ts';
import { markFailed, recordFailure } from './span-errors.ts';
import { messageAttributes, type SpanScope } from './span-scope.ts';

/** The signal of one type. */
type SignalOf<Type extends BusSignal['type']> = Extract<BusSignal, { readonly type: Type }>;

const MAX_OPEN = 10_000;

/** Makes the spans of sessions, of commands and of the publishing of events. */
export class MessageSpans {
  readonly #scope: SpanScope;
  readonly #commands = new BoundedMap<Span>(MAX_OPEN, (span) => span.end());
  readonly #publishing = new BoundedMap<Span>(MAX_OPEN, (span) => span.end());
  /** Commands of which a handler was called: its failure is told on the attempt's span. */
  readonly #attempted = new BoundedMap<true>(MAX_OPEN);

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
        attributes: {
          [attribute.messagingOperationName]: 'execute',
          [attribute.messagingOperationType]: 'process',
          ...messageAttributes(command, this.#scope.settings),
        },
        links: this.#scope.sessionLinks(command, parent),
      },
      parent,
    );
    this.#commands.set(command.id, span);
    this.#scope.remember(command.id, span, parent);
  }

  attempted(commandId: string): void {
    this.#attempted.set(commandId, true);
  }

  commandRetried({ command, attempt, delayMs }: SignalOf<'command.retried'>): void {
    this.#commands.get(command.id)?.addEvent('retry', {
      [attribute.attempt]: attempt,
      [attribute.delayMs]: delayMs,
    });
  }

  commandCompleted({ command, result }: SignalOf<'command.completed'>): void {
    const span = this.#commands.take(command.id);
    const told = this.#attempted.take(command.id) !== undefined;
    if (span && !result.success) {
      (told ? markFailed : recordFailure)(span, result.error, this.#scope.settings.redact);
    }
    span?.end();
    this.#scope.forget(command.id);
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
        attributes: {
          [attribute.messagingOperationName]: 'publish',
          [attribute.messagingOperationType]: 'send',
          ...messageAttributes(event, this.#scope.settings),
        },
        links: this.#scope.sessionLinks(event, parent),
      },
      parent,
    );
    this.#publishing.set(event.id, span);
    this.#scope.remember(event.id, span, parent);
  }

  /** Publishing has ended: the event was accepted, held, or refused. */
  publishedAs(event: EventMessage, disposition: string): void {
    const span = this.#publishing.take(event.id);
    span?.setAttribute(attribute.disposition, disposition);
    if (span && disposition.startsWith('dropped')) {
      markFailed(
        span,
        { name: disposition, message: `The event was ${disposition}.` },
        (value) => value,
      );
    }
    span?.end();
  }

  /** Handled later, in a trace of its own that is linked to this one. */
  scheduled({ event }: SignalOf<'event.scheduled'>): void {
    this.publishedAs(event, 'scheduled');
  }

  eventEnded(event: EventMessage, disposition: string): void {
    this.publishedAs(event, disposition);
    this.#scope.forget(event.id);
  }

  clear(): void {
    this.#commands.clear();
    this.#publishing.clear();
    this.#attempted.clear();
  }
}
