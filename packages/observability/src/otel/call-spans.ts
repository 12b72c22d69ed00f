import type { EventMessage } from '@llmgine/core';
import type { Redactor } from '@llmgine/core/redaction';
import type {
  ModelCallFinishedData,
  ToolExecuteResultData,
  Vocabulary,
} from '@llmgine/core/vocabulary';
import { SpanKind, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { attribute } from './attributes.ts';
import { BoundedMap } from './bounded-map.ts';
import { modelAttributes, toolAttributes } from './call-attributes.ts';
import { recordFailure } from './span-errors.ts';
import { toJson, type SpanScope } from './span-scope.ts';

const MAX_OPEN = 10_000;
/** These say that the call did not do what was asked; a denial and a cancellation are somebody's decision. */
const FAILED_STATUSES = new Set<string>(['error', 'timeout', 'unknown']);

interface CallSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
}

/** Makes the spans of tool executions and model calls from the events that report them. */
export class CallSpans {
  readonly #scope: SpanScope;
  readonly #open = new BoundedMap<Span>(MAX_OPEN, (span) => span.end());

  constructor(scope: SpanScope) {
    this.#scope = scope;
  }

  /** True: the event tells of a call, and needs no span of its own. */
  observe(event: EventMessage, at: number): boolean {
    const read = Object.hasOwn(this.#readers, event.type)
      ? this.#readers[event.type as keyof Vocabulary]
      : undefined;
    if (read === undefined) return false;
    read(event as never, at);
    return true;
  }

  clear(): void {
    this.#open.clear();
  }

  readonly #readers: {
    readonly [Type in keyof Vocabulary]: (
      event: EventMessage<Type, Vocabulary[Type]>,
      at: number,
    ) => void;
  } = {
    'tool.call.requested': () => {},
    'tool.progress': () => {},
    'model.text.delta': () => {},
    'tool.execute.started': (event) => {
      const { toolCallId, toolName, toolArgs } = event.data;
      const span = this.#start(event, callOf.tool(toolName));
      span.setAttribute(attribute.toolCallId, toolCallId);
      this.#content(span, attribute.toolArguments, toolArgs);
      this.#open.set(keyOf(event, toolCallId), span);
    },
    'tool.executed': (event, at) => {
      const { toolCallId, toolName, durationMs } = event.data;
      const span =
        this.#open.take(keyOf(event, toolCallId)) ??
        this.#start(event, callOf.tool(toolName), at - durationMs);
      this.#toolEnded(span, event.data);
      this.#scope.remember(event.id, span);
    },
    'tool.late-result': (event) => this.#note(event, event.data.toolCallId),
    'tool.approval.requested': (event) => this.#note(event, event.data.toolCallId),
    'model.call.started': (event) => {
      const { modelCallId, input } = event.data;
      const span = this.#start(event, callOf.model(event.data));
      this.#content(span, attribute.inputMessages, input);
      this.#open.set(keyOf(event, modelCallId), span);
    },
    'model.call.finished': (event, at) => {
      const { modelCallId, durationMs } = event.data;
      const span =
        this.#open.take(keyOf(event, modelCallId)) ??
        this.#start(event, callOf.model(event.data), at - durationMs);
      this.#modelEnded(span, event.data);
      this.#scope.remember(event.id, span);
    },
  };

  #start(event: EventMessage, { name, kind, attributes }: CallSpan, startTime?: number): Span {
    const parent: Context = this.#scope.parentOf(event);
    const span = this.#scope.settings.tracer.startSpan(
      name,
      {
        kind,
        attributes: { ...attributes, [attribute.conversationId]: event.sessionId },
        ...(startTime !== undefined && { startTime }),
      },
      parent,
    );
    this.#scope.remember(event.id, span, parent);
    return span;
  }

  /** Something about a call that has no span: it is told on the call's span, or, when that has ended, nowhere. */
  #note(event: EventMessage, callId: string): void {
    this.#open.get(keyOf(event, callId))?.addEvent(event.type, { [attribute.toolCallId]: callId });
  }

  #toolEnded(span: Span, data: ToolExecuteResultData): void {
    span.setAttributes(toolAttributes(data));
    this.#content(span, attribute.toolArguments, data.toolArgs);
    this.#content(span, attribute.toolResult, data.toolResult);
    if (FAILED_STATUSES.has(data.status)) {
      recordFailure(span, data.error ?? statusError(data), this.#redact);
    }
    span.end();
  }

  #modelEnded(span: Span, data: ModelCallFinishedData): void {
    span.setAttributes(modelAttributes(data));
    this.#content(span, attribute.outputMessages, data.output);
    if (!data.success) recordFailure(span, data.error ?? failedCall, this.#redact);
    span.end();
  }

  #content(span: Span, name: string, value: unknown): void {
    if (!this.#scope.settings.content || value === undefined) return;
    span.setAttribute(name, toJson(this.#redact(value)));
  }

  get #redact(): Redactor {
    return this.#scope.settings.redact;
  }
}

const failedCall = { name: 'ModelError', message: 'The model call failed.' };

function statusError({ status, toolName }: ToolExecuteResultData): {
  name: string;
  message: string;
} {
  return { name: status, message: `Tool '${toolName}' ended with status ${status}.` };
}

const callOf = {
  tool: (name: string): CallSpan => ({
    name: `execute_tool ${name}`,
    kind: SpanKind.INTERNAL,
    attributes: {
      [attribute.operationName]: 'execute_tool',
      [attribute.toolName]: name,
      [attribute.toolType]: 'function',
    },
  }),
  model: ({
    model,
    provider,
    step,
  }: {
    model: string;
    provider: string;
    step: number;
  }): CallSpan => ({
    name: `chat ${model}`,
    kind: SpanKind.CLIENT,
    attributes: {
      [attribute.operationName]: 'chat',
      [attribute.providerName]: provider,
      [attribute.requestModel]: model,
      [attribute.step]: step,
    },
  }),
};

/** Ids of calls come from models and are unique within a conversation only. */
function keyOf({ sessionId, correlationId }: EventMessage, callId: string): string {
  return `${sessionId}\u0000${correlationId}\u0000${callId}`;
}
