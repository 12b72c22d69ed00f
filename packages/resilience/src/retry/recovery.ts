import { sleep, type Clock } from '@llmgine/core/timing';
import { RetryLaterError } from '../errors.ts';
import type { RetryBudget } from './retry-budget.ts';
import { isEnding } from './error-policy.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** How one attempt ended. */
export type Attempt<T> =
  | { readonly success: true; readonly result: T }
  | {
      readonly success: false;
      readonly error: Error;
      /** Nothing was called: a circuit was open, or there was no room. */
      readonly refused?: boolean;
    };

/** A failed one. */
export type FailedAttempt = Extract<Attempt<never>, { success: false }>;

/** What is being attempted. */
export interface Recoverable<T> {
  /** Never rejects. */
  attempt(attempt: number, timeoutMs: number | undefined): Promise<Attempt<T>>;
  /** May not be tried again, whatever the policy says. */
  readonly once: boolean;
  /** Monotonic time of the first attempt. */
  readonly startedAt: number;
  /** Monotonic time at which its caller gives up on it, where that is known. */
  readonly deadlineAt?: number | undefined;
  /** Asked for when something has failed. */
  signal(): AbortSignal | undefined;
  /** The error when all the time is up; the last error is its cause. */
  timedOut(timeoutMs: number, cause: Error): Error;
  /** The error when the signal has aborted; the last error is its cause. */
  aborted(reason: unknown, cause: Error): Error;
  /** Tells of a retry before its delay. */
  retrying(attempt: number, delayMs: number, error: Error): void;
}

/** Why something is given up on, as dead letters say it. */
export type GivenUpReason = 'exhausted' | 'policy' | 'deadline' | 'stopped';

/** How it ended after all. */
export interface Recovered<T> {
  readonly outcome: Attempt<T>;
  /** Attempts that called something. */
  readonly attempts: number;
  /** Worth keeping as a dead letter. */
  readonly givenUp?: GivenUpReason;
  /** A policy said to forget it. */
  readonly discarded?: boolean;
}

/** What decides. */
export interface RecoveryParts {
  readonly policy: RetryPolicy;
  readonly budget: RetryBudget | undefined;
  readonly clock: Clock;
}

/** Goes on after a first attempt that failed: the one place where it is decided whether to try again. */
export async function recover<T>(
  work: Recoverable<T>,
  first: FailedAttempt,
  parts: RecoveryParts,
): Promise<Recovered<T>> {
  if (first.refused) return { outcome: first, attempts: 0 };
  let failure = first;
  for (let attempts = 1; ; attempts++) {
    const next = nextStep(work, failure.error, { ...parts, attempts });
    if ('outcome' in next) return next;

    work.retrying(attempts, next.delayMs, failure.error);
    const slept = await sleep(next.delayMs, { signal: work.signal(), clock: parts.clock });
    if (!slept) return whenAborted(work, failure.error, attempts);

    const outcome = await work.attempt(attempts + 1, attemptTimeout(work, parts));
    if (outcome.success) return { outcome, attempts: attempts + 1 };
    // An open circuit is not tried again, and hides nothing of why the attempts before it failed.
    if (outcome.refused) return { outcome: failure, attempts, givenUp: 'exhausted' };
    failure = outcome;
  }
}

/** How long the next attempt may take: its own limit, or what is left of the time for all. */
function attemptTimeout(
  { startedAt }: Pick<Recoverable<unknown>, 'startedAt'>,
  { policy, clock }: Pick<RecoveryParts, 'policy' | 'clock'>,
): number | undefined {
  const { timeoutMs, attemptTimeoutMs } = policy;
  if (timeoutMs === undefined) return attemptTimeoutMs;
  const leftMs = Math.max(startedAt + timeoutMs - clock.monotonic(), 0);
  return attemptTimeoutMs === undefined ? leftMs : Math.min(leftMs, attemptTimeoutMs);
}

function nextStep<T>(
  work: Recoverable<T>,
  error: Error,
  { policy, budget, clock, attempts }: RecoveryParts & { readonly attempts: number },
): Recovered<T> | { readonly delayMs: number } {
  if (work.signal()?.aborted) return whenAborted(work, error, attempts);
  const leftMs = timeLeft(work, { policy, clock });
  const { timeoutMs = Number.POSITIVE_INFINITY } = policy;
  if (leftMs <= 0) return late(work.timedOut(timeoutMs, error), attempts);

  const decision = policy.decide(error, attempts);
  if (!decision.again) return givenUp(error, attempts, decision.action);
  if (work.once) return givenUp(error, attempts, 'deadLetter');
  const { delayMs, asked } = decision;
  const { deadlineAt = Number.POSITIVE_INFINITY } = work;
  if (asked && delayMs >= Math.min(leftMs, deadlineAt - clock.monotonic())) {
    return late(new RetryLaterError(clock.now() + delayMs, delayMs, { cause: error }), attempts);
  }
  if (delayMs >= leftMs) return late(work.timedOut(timeoutMs, error), attempts);
  if (budget && !budget.tryTake()) return givenUp(error, attempts, 'exhausted');
  return { delayMs };
}

function timeLeft(
  { startedAt }: Pick<Recoverable<unknown>, 'startedAt'>,
  { policy: { timeoutMs }, clock }: Pick<RecoveryParts, 'policy' | 'clock'>,
): number {
  if (timeoutMs === undefined) return Number.POSITIVE_INFINITY;
  return startedAt + timeoutMs - clock.monotonic();
}

function givenUp(
  error: Error,
  attempts: number,
  action: 'exhausted' | 'deadLetter' | 'fail' | 'discard',
): Recovered<never> {
  const outcome = { success: false, error } as const;
  if (action === 'fail') return { outcome, attempts };
  if (action === 'discard') return { outcome, attempts, discarded: true };
  return { outcome, attempts, givenUp: action === 'exhausted' ? 'exhausted' : 'policy' };
}

function late(error: Error, attempts: number): Recovered<never> {
  return { outcome: { success: false, error }, attempts, givenUp: 'deadline' };
}

/** What its caller has cancelled nobody wants; what a deadline or an end has cut off is worth keeping. */
function whenAborted<T>(work: Recoverable<T>, error: Error, attempts: number): Recovered<T> {
  const reason: unknown = work.signal()?.reason;
  const outcome = { success: false, error: work.aborted(reason, error) } as const;
  if (isEnding(reason)) return { outcome, attempts, givenUp: 'stopped' };
  return isDeadline(reason) ? { outcome, attempts, givenUp: 'deadline' } : { outcome, attempts };
}

function isDeadline(reason: unknown): boolean {
  const { name } = (reason ?? {}) as { name?: unknown };
  return typeof name === 'string' && name.endsWith('TimeoutError');
}
