import type { ErrorData, EventMessage, EventPublisher, SessionId } from '@llmgine/core';
import type { Tool } from './define-tool.ts';
import { toJsonValue } from './pipeline/json-value.ts';
import type { NormalCall, ToolResult } from './tool-call.ts';
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

/** Publishes the events of one call. Never throws, and nobody waits for it. */
export interface ToolReporter {
  requested(call: NormalCall): void;
  approvalRequested(
    approvalId: string,
    tool: Tool,
    question: { args: unknown; expiresAt: number | undefined },
  ): void;
  started(tool: Tool, args: unknown, idempotencyKey: string): void;
  progressed(progress: unknown): void;
  finished(result: ToolResult, details: ResultDetails): void;
  late(
    outcome: { readonly value: unknown } | { readonly error: ErrorData },
    durationMs: number,
  ): void;
  /** The same call's events through another publisher. */
  through(publisher: EventPublisher | undefined): ToolReporter;
}

/** Makes the reporter of one call. Without a publisher nothing is made at all. */
export function createToolReporter(
  publisher: EventPublisher | undefined,
  sessionId: SessionId,
  { id: toolCallId, name: toolName }: NormalCall,
): ToolReporter {
  const call = { toolCallId, toolName };
  const options = { sessionId };

  return {
    requested: (normal) =>
      publish(() =>
        ToolCallRequestedEvent(
          { ...call, arguments: toJsonValue(normal.arguments).value },
          options,
        ),
      ),
    approvalRequested: (approvalId, { effect }, { args, expiresAt }) =>
      publish(() =>
        ToolApprovalRequestedEvent(
          {
            ...call,
            approvalId,
            toolArgs: args,
            effect,
            ...(expiresAt !== undefined && { expiresAt }),
          },
          options,
        ),
      ),
    started: ({ effect }, toolArgs, idempotencyKey) =>
      publish(() =>
        ToolExecuteStartedEvent({ ...call, toolArgs, effect, idempotencyKey }, options),
      ),
    progressed: (progress) =>
      publish(() =>
        ToolProgressEvent({ ...call, progress: toJsonValue(progress).value ?? null }, options),
      ),
    finished: (result, details) =>
      publish(() => ToolExecuteResultEvent(resultData(result, details), options)),
    late: (outcome, durationMs) =>
      publish(() => ToolLateResultEvent({ ...call, durationMs, ...lateOutcome(outcome) }, options)),
    through: (other) =>
      createToolReporter(other, sessionId, { id: toolCallId, name: toolName } as NormalCall),
  };

  /** A bus that is stopped, full or broken must not change what the tool did. */
  function publish(make: () => EventMessage): void {
    if (!publisher) return;
    try {
      publisher.publish(make(), { awaitProcessing: false }).catch(() => {});
    } catch {
      // as above
    }
  }
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
    toolArgs: args,
    toolResult: result.content,
    ...(result.value !== undefined && { value: result.value }),
    ...(error && { error }),
    repairs: result.repairs,
    durationMs: result.durationMs,
    ...(engineId !== undefined && { engineId }),
  };
}
