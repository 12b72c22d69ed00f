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
    /** Set when the answer broke off. */
    readonly broken?: true;
  };
}

/** The exchange failed before there was an answer. */
interface RecordedFailure {
  readonly type: 'exchange.failed';
  readonly code: string;
  readonly message: string;
}

/** What a tool call led to, in the order in which it was told. */
export type RecordedToolEvent =
  | { readonly type: 'tool.requested'; readonly data: ToolCallRequestedData }
  | { readonly type: 'tool.approval'; readonly data: ToolApprovalRequestedData }
  | { readonly type: 'tool.executed'; readonly data: ToolExecuteResultData };

/** A line of a recording. */
export type RecordingLine = RecordingHead | RecordedExchange | RecordedFailure | RecordedToolEvent;
