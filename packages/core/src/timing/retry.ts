import { isLlmgineError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { sleep } from './sleep.ts';

/** Errors of this project that pass by themselves, so that trying again makes sense. */
const PASSING = new Set([
  'LLMGINE_ATTEMPT_TIMEOUT',
  'LLMGINE_COMMAND_TIMEOUT',
  'LLMGINE_HANDLER_TIMEOUT',
  'LLMGINE_LEASE_LOST',
  'LLMGINE_RATE_LIMITED',
  'LLMGINE_STREAM_CONFLICT',
]);

/**
 * Tells whether trying again could help. An error says so itself with a boolean `retryable`; of this project's own
 * errors only those pass that are about time or contention, since misuse, a missing handler and invalid data stay
 * what they are. Everything else may pass.
 */
export function isRetryable(error: unknown): boolean {
  const { retryable, code } = (error ?? {}) as { retryable?: unknown; code?: unknown };
  if (typeof retryable === 'boolean') return retryable;
  return !isLlmgineError(error) || PASSING.has(code as string);
}

/** How long an error asks to be left alone, in milliseconds: its `retryAfterMs`, where it has a sensible one. */
export function retryAfterMsOf(error: unknown): number | undefined {
  const { retryAfterMs } = (error ?? {}) as { retryAfterMs?: unknown };
  return typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? retryAfterMs : undefined;
}

/** What repeating needs to know. */
export interface RepeatOptions<Outcome> {
  /** The delay in milliseconds before the next attempt; undefined ends it. */
  readonly delayMs: (outcome: Outcome, attempt: number) => number | undefined;
  /** No attempt starts once this has aborted. Asked for when there is something to wait for. */
  readonly signal?: () => AbortSignal | undefined;
  readonly clock: Clock;
}

/**
 * Calls `attempt` until `delayMs` has enough or the signal aborts, and resolves to the last outcome.
 * `first` is the outcome of an attempt already made.
 */
export async function repeat<Outcome>(
  first: Outcome,
  attempt: (attempt: number) => Promise<Outcome>,
  { delayMs, signal, clock }: RepeatOptions<Outcome>,
): Promise<Outcome> {
  let outcome = first;
  for (let made = 1; ; made++) {
    const waitMs = delayMs(outcome, made);
    if (waitMs === undefined) return outcome;
    if (!(await sleep(waitMs, { signal: signal?.(), clock }))) return outcome;
    outcome = await attempt(made + 1);
  }
}
