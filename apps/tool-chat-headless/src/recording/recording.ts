import type {
  ToolApprovalRequestedData,
  ToolCallRequestedData,
  ToolExecuteResultData,
} from '@llmgine/core/vocabulary';
import type { FunctionTool } from '@llmgine/tools';

/** The first line: what the run was. */
export interface RecordingHead {
  readonly type: 'recording';
  readonly version: 1;
  readonly sessionId: string;
  readonly provider: string;
  readonly model: string;
  /** Of the endpoint: errors name it. */
  readonly baseUrl: string;
  readonly tools: readonly FunctionTool[];
}

/** One exchange with the endpoint. No headers of the request, so no key. */
interface RecordedExchange {
  readonly type: 'exchange';
  readonly request: { readonly method: string; readonly path: string; readonly body: unknown };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    /** Set when the answer did not come to its end: its connection broke, somebody interrupted it, or the run stopped reading. */
    readonly ended?: 'broken' | 'interrupted' | 'left';
    /** Why it broke. */
    readonly cause?: { readonly code: string; readonly message: string };
  };
}

/** The exchange failed before there was an answer. */
interface RecordedFailure {
  readonly type: 'exchange.failed';
  readonly code: string;
  readonly message: string;
  /** Set when it was this program that gave up. */
  readonly ended?: 'interrupted' | 'left';
}

/** What a tool call led to, in the order in which it was told. */
export type RecordedToolEvent =
  | { readonly type: 'tool.requested'; readonly data: ToolCallRequestedData }
  | { readonly type: 'tool.approval'; readonly data: ToolApprovalRequestedData }
  | { readonly type: 'tool.executed'; readonly data: ToolExecuteResultData };

/** Somebody interrupted the run while tools ran. */
export interface RecordedInterrupt {
  readonly type: 'tool.interrupted';
}

/** A call needed somebody's word, and nobody could be asked. */
export interface RecordedRefusal {
  readonly type: 'tool.unapproved';
  readonly data: ToolApprovalRequestedData;
}

/** A line of a recording. */
export type RecordingLine =
  | RecordingHead
  | RecordedExchange
  | RecordedFailure
  | RecordedToolEvent
  | RecordedInterrupt
  | RecordedRefusal;
