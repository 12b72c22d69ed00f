import type { ToolChatResult } from '@llmgine/engine';
import type {
  ModelCallFinishedData,
  ToolApprovalRequestedData,
  ToolCallRequestedData,
  ToolExecuteResultData,
} from '@llmgine/core/vocabulary';
import type { SessionSummary } from '../sessions.ts';

/** What is told before anything else. */
interface ChatStart {
  readonly sessionId: string;
  readonly provider: string;
  readonly model: string;
  readonly tools: readonly string[];
}

/** What is told of a prompt that came to nothing. */
export interface ChatFailure {
  /** One line: what happened and what to do. */
  readonly message: string;
  readonly code: string;
  /** Milliseconds after which trying again may help. */
  readonly retryAfterMs?: number;
}

/** What is told last. */
export interface ChatEnd {
  readonly sessionId: string;
  readonly exitCode: number;
  readonly result?: ToolChatResult;
  readonly error?: ChatFailure;
}

/** Where the events of a chat are shown. All of it may be called in any order. */
export interface ChatOutput {
  start(start: ChatStart): void;
  /** A line for people; never data. */
  notice(text: string): void;
  prompt(text: string): void;
  status(status: string): void;
  delta(text: string): void;
  toolRequested(data: ToolCallRequestedData): void;
  toolResult(data: ToolExecuteResultData): void;
  approvalRequested(data: ToolApprovalRequestedData): void;
  modelFinished(data: ModelCallFinishedData): void;
  /** What `--list` shows. */
  sessions(sessions: readonly SessionSummary[]): void;
  /** One prompt is done. */
  turn(end: ChatEnd): void;
  /** The program is done. */
  end(end: ChatEnd): void;
}
