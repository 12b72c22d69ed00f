/** Shapes of the events that tools, models and engines publish and that observers read. Types only. */
import type { ErrorData } from './message/error-data.ts';

/** How a tool call ended. */
export type ToolCallStatus = 'ok' | 'error' | 'denied' | 'timeout' | 'cancelled' | 'unknown';

/** What a tool does to the world: nothing, the same when repeated, or something that must happen once. */
export type ToolEffect = 'read' | 'idempotent' | 'once';

/** Data of `tool.call.requested`: a model asked for a tool. */
export interface ToolCallRequestedData {
  readonly toolCallId: string;
  readonly toolName: string;
  /** As the model gave them. */
  readonly arguments: unknown;
}

/** Data of `tool.execute.started`: the tool itself begins, after validation and approval. */
export interface ToolExecuteStartedData {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly toolArgs: unknown;
  readonly effect: ToolEffect;
  readonly idempotencyKey: string;
}

/** Data of `tool.progress`, lossy. */
export interface ToolProgressData {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly progress: unknown;
}

/** Data of `tool.executed` (the guide's ToolExecuteResultEvent): a tool call has its one result. */
export interface ToolExecuteResultData {
  readonly executionSucceed: boolean;
  readonly status: ToolCallStatus;
  readonly toolInfo: {
    readonly name: string;
    readonly description?: string;
    readonly effect?: ToolEffect;
  };
  readonly toolName: string;
  readonly toolCallId: string;
  readonly toolArgs: unknown;
  /** What the model reads. */
  readonly toolResult: string;
  /** The whole value, where it is JSON. */
  readonly value?: unknown;
  readonly error?: ErrorData;
  /** What was mended in the arguments. */
  readonly repairs: readonly string[];
  readonly durationMs: number;
  readonly engineId?: string;
}

/** Data of `tool.late-result`: a tool that had been given up on settled after all. */
export interface ToolLateResultData {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly value?: unknown;
  readonly error?: ErrorData;
  /** Since the tool was started. */
  readonly durationMs: number;
}

/** Data of `tool.approval.requested`: somebody has to decide. */
export interface ToolApprovalRequestedData {
  /** Names this question; calls of different runs may share their ids. */
  readonly approvalId: string;
  readonly toolCallId: string;
  readonly toolName: string;
  readonly toolArgs: unknown;
  readonly effect: ToolEffect;
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
}

/** Tokens that a model call used. Absent means unknown, which is never 0. */
export interface TokenUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly totalTokens?: number;
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
  readonly reasoningTokens?: number;
}

/** Data of `model.call.started`. */
export interface ModelCallStartedData {
  /** Names this call within its run. */
  readonly modelCallId: string;
  readonly provider: string;
  readonly model: string;
  /** Counted from 1 within the run. */
  readonly step: number;
  /** The messages sent, only when content capture is on. */
  readonly input?: unknown;
}

/** Data of `model.call.finished`. */
export interface ModelCallFinishedData {
  readonly modelCallId: string;
  readonly provider: string;
  readonly model: string;
  readonly step: number;
  readonly success: boolean;
  readonly responseModel?: string;
  readonly responseId?: string;
  readonly finishReason?: string;
  readonly usage: TokenUsage;
  /** In US dollars; absent means unknown. */
  readonly cost?: number;
  readonly durationMs: number;
  readonly timeToFirstChunkMs?: number;
  readonly error?: ErrorData;
  /** The answer, only when content capture is on. */
  readonly output?: unknown;
}

/** Data of `model.text.delta`, lossy: a piece of the answer as it streams. */
export interface ModelTextDeltaData {
  readonly modelCallId: string;
  readonly text: string;
}

/** The events of this vocabulary: message type to data. Publishers and observers agree on it without importing each other. */
export interface Vocabulary {
  readonly 'tool.call.requested': ToolCallRequestedData;
  readonly 'tool.execute.started': ToolExecuteStartedData;
  readonly 'tool.progress': ToolProgressData;
  readonly 'tool.executed': ToolExecuteResultData;
  readonly 'tool.late-result': ToolLateResultData;
  readonly 'tool.approval.requested': ToolApprovalRequestedData;
  readonly 'model.call.started': ModelCallStartedData;
  readonly 'model.call.finished': ModelCallFinishedData;
  readonly 'model.text.delta': ModelTextDeltaData;
}
