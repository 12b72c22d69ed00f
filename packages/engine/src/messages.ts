import { defineCommand, defineEvent, typeOnly, type ErrorData } from '@llmgine/core';
import type { ToolCallStatus } from '@llmgine/core/vocabulary';
import type { BudgetLimit, Usage } from '@llmgine/llm';
import { promptSchema } from './prompt-schema.ts';

/** Why a run ended. */
export type StopReason =
  /** The model answered. */
  | 'answered'
  /** It called tools in every step it was allowed. */
  | 'stepLimit'
  /** Tokens, cost, calls or time are used up. */
  | 'budget'
  /** It made the same call again and again. */
  | 'loop'
  /** It, or its endpoint, declined to answer. */
  | 'refused'
  /** Its answer was cut off at the longest length allowed. */
  | 'lengthLimit'
  /** Somebody ended the run. */
  | 'aborted'
  | 'error';

/** One tool call of a run. */
export interface RunToolCall {
  readonly toolCallId: string;
  readonly toolName: string;
  /** As the model wrote them. */
  readonly arguments: unknown;
  readonly status: ToolCallStatus;
  /** What the model read. */
  readonly content: string;
}

/** What came of a prompt. */
export interface ToolChatResult {
  readonly runId: string;
  /** The answer, or what there was of it. */
  readonly text: string;
  readonly stopReason: StopReason;
  /** Which limit ended it, where `stopReason` is `budget`. */
  readonly limit?: BudgetLimit;
  /** Model calls. */
  readonly steps: number;
  readonly toolCalls: readonly RunToolCall[];
  /** What all model calls used together; a field that is absent is unknown. */
  readonly usage: Usage;
}

/** Where a run is. `finished` and `failed` are the last. */
export type RunStatus =
  | 'processing'
  | 'calling LLM'
  | 'executing tools'
  | 'getting final response'
  | 'finished'
  | 'failed';

/** Asks the session's engine. Never repeated by anything: a run has effects. */
export const ToolChatEngineCommand = defineCommand('tool-chat.ask', {
  data: promptSchema,
  result: typeOnly<ToolChatResult>(),
  retry: false,
});

/** Tells where a run is. */
export const ToolChatEngineStatusEvent = defineEvent('tool-chat.status', {
  data: typeOnly<{ readonly runId: string; readonly status: RunStatus; readonly step: number }>(),
});

/** A run ended: what came of it, and the error when it failed. */
export const ToolChatRunFinishedEvent = defineEvent('tool-chat.run.finished', {
  data: typeOnly<ToolChatResult & { readonly error?: ErrorData }>(),
});

/** A call that must not be repeated was cut off by a crash: nobody knows whether it took effect. */
export const ToolOutcomeUnknownEvent = defineEvent('tool.outcome.unknown', {
  data: typeOnly<{
    readonly runId: string;
    readonly toolCallId: string;
    readonly toolName: string;
    readonly toolArgs: unknown;
  }>(),
});

/** Continues a run that a crash cut off. */
export const ToolChatResumeCommand = defineCommand('tool-chat.resume', {
  data: typeOnly<{ readonly runId: string }>(),
  result: typeOnly<ToolChatResult>(),
  retry: false,
});
