import type { AnyMessage, SessionId } from '@llmgine/core';
import { BUS_SCOPE } from '@llmgine/core';
import type { Redactor } from '@llmgine/core/redaction';
import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { attribute, MESSAGING_SYSTEM } from './attributes.ts';
import { BoundedMap } from './bounded-map.ts';
import { readTraceHeaders } from './trace-headers.ts';

/** What all spans are made with. */
export interface SpanSettings {
  readonly tracer: Tracer;
  readonly redact: Redactor;
  readonly content: boolean;
}

/** Which span a message belongs to, and what is still to be told on it. */
export interface MessageTrace {
  /** Where the handling of the message belongs. */
  readonly origin: Context;
  /** Until the command has its result or the event was published. */
  open: Span | undefined;
  /** A handler was called: its failure is told on the attempt's span. */
  isAttempted: boolean;
}

interface OpenedSpan {
  readonly span: Span;
  readonly parent: Context;
  readonly open: Span | undefined;
}

/** How much may be open or remembered at once; what is older belongs to no trace any more. */
const MAX_REMEMBERED = 20_000;

/** Knows which span each message and session belongs to. */
export class SpanScope {
  readonly settings: SpanSettings;
  readonly #sessions = new BoundedMap<Span>(MAX_REMEMBERED, (span) => span.end());
  /** By message id. */
  readonly #messages = new BoundedMap<MessageTrace>(MAX_REMEMBERED, ({ open }) => open?.end());

  constructor(settings: SpanSettings) {
    this.settings = settings;
  }

  /** Remembers where a message belongs whose span somebody else ends. */
  remember(messageId: string, span: Span, parent: Context = ROOT_CONTEXT): void {
    this.#set(messageId, { span, parent, open: undefined });
  }

  /** Remembers the span of a message, which is ended here should there be too many. */
  open(messageId: string, span: Span, parent: Context): void {
    this.#set(messageId, { span, parent, open: span });
  }

  traceOf(messageId: string): MessageTrace | undefined {
    return this.#messages.get(messageId);
  }

  /** Gets and forgets. */
  take(messageId: string): MessageTrace | undefined {
    return this.#messages.take(messageId);
  }

  originOf(messageId: string): Context | undefined {
    return this.#messages.get(messageId)?.origin;
  }

  sessionStarted(id: SessionId, span: Span): void {
    this.#sessions.set(id, span);
  }

  sessionEnded(id: SessionId): Span | undefined {
    return this.#sessions.take(id);
  }

  /**
   * Where a message that was just sent belongs: the trace in its headers if that is another than ours, else the active
   * span, else the message that caused it, else its session.
   */
  parentOf(message: AnyMessage): Context {
    const active = context.active();
    const activeSpan = trace.getSpanContext(active);
    const carried = readTraceHeaders(message.metadata);
    if (carried && carried.traceId !== activeSpan?.traceId) {
      return trace.setSpanContext(active, carried);
    }
    if (activeSpan && isSpanContextValid(activeSpan)) return active;
    const cause =
      message.causationId === undefined ? undefined : this.originOf(message.causationId);
    if (cause) return cause;
    const session = this.#sessions.get(message.sessionId);
    return session ? trace.setSpan(active, session) : active;
  }

  /** A message that belongs to another trace than its session is linked to it. */
  sessionLinks(message: AnyMessage, parent: Context): Link[] {
    const session = this.#sessions.get(message.sessionId)?.spanContext();
    if (!session || trace.getSpanContext(parent)?.traceId === session.traceId) return [];
    return [{ context: session }];
  }

  /** Ends what is still open. */
  clear(): void {
    this.#sessions.clear();
    this.#messages.clear();
  }

  #set(messageId: string, { span, parent, open }: OpenedSpan): void {
    const origin = trace.setSpan(parent, span);
    this.#messages.set(messageId, { origin, open, isAttempted: false });
  }
}

/** What is done with a message: the names of the operation and of its kind. */
type Operation = readonly [name: string, type: string];

/** The attributes that every span about a message has. */
export function messageAttributes(
  message: AnyMessage,
  [name, type]: Operation,
  { content, redact }: SpanSettings,
): Attributes {
  const attributes: Attributes = {
    [attribute.messagingOperationName]: name,
    [attribute.messagingOperationType]: type,
    [attribute.messagingSystem]: MESSAGING_SYSTEM,
    [attribute.messagingDestination]: message.type,
    [attribute.messagingMessageId]: message.id,
    [attribute.messagingConversationId]: message.correlationId,
  };
  if (message.sessionId !== BUS_SCOPE) attributes[attribute.sessionId] = message.sessionId;
  if (content) attributes[attribute.data] = toJson(redact(message.data));
  return attributes;
}

/** Content as an attribute's text. What JSON cannot say is left out. */
export function toJson(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}
