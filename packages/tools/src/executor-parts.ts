import type { SessionId } from '@llmgine/core';
import type { Deadlines } from '@llmgine/core/timing';
import type { PendingApprovals } from './pending-approvals.ts';
import type { RegisteredTool } from './tool-catalogue.ts';
import type { RunAttempt, ToolConnection } from './tool-connection.ts';
import type { ToolManagerSettings } from './tool-manager-options.ts';
import type { RunOutcome, ToolRunner } from './tool-runner.ts';

/** What the executor works with. */
export interface ExecutorParts {
  readonly settings: ToolManagerSettings;
  readonly tools: ReadonlyMap<string, RegisteredTool>;
  readonly approvals: PendingApprovals;
  readonly runner: ToolRunner;
  readonly deadlines: Deadlines;
  /** What the calls of a session go through, if anything. */
  readonly connectionOf: (sessionId: SessionId | undefined) => ToolConnection | undefined;
}

/** One run out of possibly several of a call. */
export interface OneRun<Outcome> {
  readonly attempt: RunAttempt;
  readonly startedAt: number;
  readonly outcome: RunOutcome<Outcome>;
}
