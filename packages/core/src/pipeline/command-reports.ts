import type { CommandResult } from '../message/command-result.ts';
import type { HandlerOutcome } from '../signals/bus-signal.ts';
import type { RunningCommand } from './running-command.ts';

/** One call of a command's handler that is over. */
interface EndedAttempt {
  readonly attempt: number;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly outcome: HandlerOutcome;
  readonly error: Error | undefined;
}

/** Gives back the monotonic time of the start. */
export function reportAttemptStart(run: RunningCommand, attempt: number): number {
  const { signals, time } = run.parts;
  const startedAt = time.monotonic();
  signals.emit({
    type: 'handler.started',
    at: time.at(startedAt),
    message: run.command,
    handler: run.registered.name,
    attempt,
  });
  return startedAt;
}

/** Reports how a call of the handler ended. */
export function reportAttemptEnd(run: RunningCommand, ended: EndedAttempt): void {
  const { signals, time } = run.parts;
  const now = time.monotonic();
  signals.emit({
    type: 'handler.finished',
    at: time.at(now),
    message: run.command,
    handler: run.registered.name,
    attempt: ended.attempt,
    durationMs: now - ended.startedAt,
    outcome: ended.outcome,
    ...(ended.error && { error: ended.error }),
  });
}

/** Reports what a handler gave after its command was over. */
export function reportLate(run: RunningCommand, result: CommandResult): void {
  const { signals, time } = run.parts;
  if (!signals.active) return;
  signals.emit({
    type: 'handler.settled-late',
    at: time.now(),
    message: run.command,
    handler: run.registered.name,
    ...(result.success ? { result: result.result } : { error: result.error }),
  });
}
