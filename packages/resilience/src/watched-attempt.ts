import { HandlerAbortedError, HandlerTimeoutError, toError } from '@llmgine/core';
import { EqualDeadlines, type Clock } from '@llmgine/core/timing';
import type { Attempt } from './retry/recovery.ts';

/** What an attempt is watched for. */
export interface WatchedAttemptOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number | undefined;
  /** The handler's name. */
  readonly handler: string;
  readonly clock: Clock;
}

/** Calls an event handler. One that was given up on may never settle, so its signal and its time are watched too. */
export function watchedAttempt(
  run: () => Promise<void>,
  { signal, timeoutMs, handler, clock }: WatchedAttemptOptions,
): Promise<Attempt<void>> {
  return new Promise((resolve) => {
    const deadlines = timeoutMs === undefined ? undefined : new EqualDeadlines(timeoutMs, clock);
    const deadline = {
      before: undefined,
      after: undefined,
      dueAt: 0,
      expire: () => failed(new HandlerTimeoutError(handler, timeoutMs ?? 0)),
    };
    const aborted = (): void => failed(reasonOf(signal, handler));
    const failed = (thrown: unknown): void => end({ success: false, error: toError(thrown) });
    const end = (outcome: Attempt<void>): void => {
      signal.removeEventListener('abort', aborted);
      deadlines?.stop(deadline);
      resolve(outcome);
    };
    signal.addEventListener('abort', aborted, { once: true });
    deadlines?.start(deadline);
    run().then(() => end({ success: true, result: undefined }), failed);
  });
}

function reasonOf(signal: AbortSignal, handler: string): unknown {
  const reason: unknown = signal.reason;
  return reason instanceof HandlerTimeoutError ? reason : new HandlerAbortedError(handler, reason);
}
