import type { EventPublisher, SessionId } from '@llmgine/core';
import type { AbortNotice } from '@llmgine/core/timing';
import type { Tool } from './define-tool.ts';

/** One run of a tool, out of possibly several for one call. */
export interface RunAttempt {
  /** The first is 1. */
  readonly attempt: number;
  readonly signal: AbortNotice | undefined;
  readonly publisher: EventPublisher | undefined;
}

/** A valid and approved call that is ready to run. */
export interface ToolRun {
  readonly tool: Tool;
  readonly callId: string;
  readonly sessionId: SessionId;
  /** As JSON data. */
  readonly args: unknown;
  readonly idempotencyKey: string;
  readonly signal: AbortNotice | undefined;
  /** Runs the tool once; rejects with what it threw, or a `ToolCallError`. */
  readonly start: (attempt: RunAttempt) => Promise<unknown>;
}

/** What the calls of one session go through. `attachTools` makes one of a bus. */
export interface ToolConnection {
  readonly sessionId: SessionId;
  /** Gets the events of the session's calls. */
  readonly publisher: EventPublisher;
  /** Has `run.start` called, once or, where that is allowed, again. Gives its value. */
  readonly run: (run: ToolRun) => Promise<unknown>;
}
