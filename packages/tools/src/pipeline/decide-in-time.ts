import type { AbortNotice, Deadlines } from '@llmgine/core/timing';
import { ToolCancelledError, ToolDeniedError } from '../errors.ts';
import { asItIs, runWithDeadline } from './run-with-deadline.ts';

/** How long a decision about a call may take. */
export interface DecisionTime {
  readonly toolName: string;
  readonly timeoutMs: number;
  readonly signal: AbortNotice | undefined;
  readonly deadlines: Deadlines;
}

/**
 * For work that is not the tool's: no schema and no hook may keep a call from coming back.
 * @throws ToolDeniedError, ToolCancelledError
 */
export async function decideInTime<T>(
  run: () => Promise<T>,
  { toolName, timeoutMs, signal, deadlines }: DecisionTime,
): Promise<T> {
  const late = `it was not decided about within ${timeoutMs} ms.`;
  return runWithDeadline(
    {
      ...asItIs<T>(),
      timeoutMs,
      signal,
      run,
      timedOut: () => new ToolDeniedError(toolName, late),
      aborted: (reason) => new ToolCancelledError(toolName, reason),
      ended: () => {},
      abandoned: () => {},
      late: () => {},
    },
    deadlines,
  );
}
