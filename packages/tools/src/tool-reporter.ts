import type {
  ErrorData,
  EventDefinition,
  EventMessage,
  EventPublisher,
  SessionId,
} from '@llmgine/core';
import type { Tool } from './define-tool.ts';
import { toJsonValue } from './pipeline/json-value.ts';
import type { ToolResult } from './tool-call.ts';
import {
  ToolApprovalRequestedEvent,
  ToolCallRequestedEvent,
  ToolExecuteResultEvent,
  ToolExecuteStartedEvent,
  ToolLateResultEvent,
  ToolProgressEvent,
} from './tool-events.ts';

/** What a result event tells beside the result. */
export interface ResultDetails {
  readonly tool: Tool | undefined;
  readonly args: unknown;
  readonly engineId: string | undefined;
  /** With its stack. */
  readonly error: ErrorData | undefined;
}

/** Where a question about a call stands. */
export interface ApprovalDetails {
  readonly approvalId: string;
  readonly args: unknown;
  /** Epoch milliseconds. */
  readonly expiresAt: number | undefined;
}

/** Publishes the events of one call. Never throws, and nobody waits for it. What nobody hears is not made. */
export class ToolReporter {
  readonly #publisher: EventPublisher;
  readonly #call: ReportedCall;

  constructor(publisher: EventPublisher, call: ReportedCall) {
    this.#publisher = publisher;
    this.#call = call;
  }

  /** The same call's events by another publisher, if there is one. */
  through(publisher: EventPublisher | undefined): ToolReporter {
    return publisher ? new ToolReporter(publisher, this.#call) : this;
  }

  requested(given: unknown): void {
    this.#publish(ToolCallRequestedEvent, (call, options) =>
      ToolCallRequestedEvent({ ...call, arguments: toJsonValue(given).value }, options),
    );
  }

  approvalRequested({ effect }: Tool, { approvalId, args, expiresAt }: ApprovalDetails): void {
    const expiry = expiresAt === undefined ? {} : { expiresAt };
    this.#publish(ToolApprovalRequestedEvent, (call, options) =>
      ToolApprovalRequestedEvent(
        { ...call, approvalId, toolArgs: args, effect, ...expiry },
        options,
      ),
    );
  }

  started({ effect }: Tool, toolArgs: unknown, origin: { readonly idempotencyKey: string }): void {
    this.#publish(ToolExecuteStartedEvent, (call, options) =>
      ToolExecuteStartedEvent(
        { ...call, toolArgs, effect, idempotencyKey: origin.idempotencyKey },
        options,
      ),
    );
  }

  progressed(progress: unknown): void {
    this.#publish(ToolProgressEvent, (call, options) =>
      ToolProgressEvent({ ...call, progress: toJsonValue(progress).value ?? null }, options),
    );
  }

  finished(result: ToolResult, details: ResultDetails): void {
    this.#publish(ToolExecuteResultEvent, (_, options) =>
      ToolExecuteResultEvent(resultData(result, details), options),
    );
  }

  late(
    outcome: { readonly value: unknown } | { readonly error: ErrorData },
    durationMs: number,
  ): void {
    this.#publish(ToolLateResultEvent, (call, options) =>
      ToolLateResultEvent({ ...call, durationMs, ...lateOutcome(outcome) }, options),
    );
  }

  /** Makes what is heard. A bus that is stopped, full or broken must not change what the tool did. */
  #publish(
    event: EventDefinition,
    make: (
      call: Pick<ReportedCall, 'toolCallId' | 'toolName'>,
      options: Pick<ReportedCall, 'sessionId'>,
    ) => EventMessage,
  ): void {
    const publisher = this.#publisher;
    const { toolCallId, toolName, sessionId } = this.#call;
    try {
      if (publisher.isHeard?.(event, sessionId) === false) return;
      publisher
        .publish(make({ toolCallId, toolName }, { sessionId }), { awaitProcessing: false })
        .catch(() => {});
    } catch {
      // as above
    }
  }
}

/** Whose events they are. */
export interface ReportedCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly sessionId: SessionId;
}

function lateOutcome(outcome: { readonly value: unknown } | { readonly error: ErrorData }): {
  readonly value?: unknown;
  readonly error?: ErrorData;
} {
  return 'error' in outcome ? outcome : { value: toJsonValue(outcome.value).value };
}

function resultData(result: ToolResult, { tool, args, engineId, error }: ResultDetails) {
  return {
    executionSucceed: result.status === 'ok',
    status: result.status,
    toolInfo: {
      name: result.name,
      ...(tool && { description: tool.description, effect: tool.effect }),
    },
    toolName: result.name,
    toolCallId: result.callId,
    toolArgs: toJsonValue(args).value ?? null,
    toolResult: result.content,
    ...(result.value !== undefined && { value: result.value }),
    ...(error && { error }),
    repairs: result.repairs,
    durationMs: result.durationMs,
    ...(engineId !== undefined && { engineId }),
  };
}
