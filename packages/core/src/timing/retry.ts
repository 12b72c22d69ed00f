import { isLlmgineError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { sleep } from './sleep.ts';

/** Errors of this project that say how it was used wrongly: they stay what they are however often one tries. */
const MISUSE = new Set(
  [
    'ASYNC_SCHEMA',
    'BUS_STOPPED',
    'DEAD_LETTER_NOT_FOUND',
    'DUPLICATE_COMMAND_HANDLER',
    'DUPLICATE_DEFINITION',
    'INVALID_MESSAGE',
    'INVALID_OPTIONS',
    'MIDDLEWARE_MISUSE',
    'MISSING_PEER',
    'NESTED_RETRY',
    'NEWER_MESSAGE_VERSION',
    'NO_COMMAND_HANDLER',
    'NOT_JSON_SAFE',
    'PUBLISH_TOO_DEEP',
    'SESSION_ENDED',
    'SESSION_OPEN',
    'UNSUPPORTED_DATABASE_URL',
    'VALIDATION_FAILED',
    'WAIT_INSIDE_HANDLER',
  ].map((code) => `LLMGINE_${code}`),
);

/** Errors of this project after which trying again at once makes no sense either. */
const FINAL = new Set(['LLMGINE_CIRCUIT_OPEN', 'LLMGINE_COMMAND_CANCELLED']);

/** Tells whether an error is about misuse, a missing handler or invalid data. */
export function isMisuse(error: unknown): boolean {
  return isLlmgineError(error) && MISUSE.has(error.code);
}

/**
 * Tells whether trying again could help. Never after misuse, a missing handler, invalid data, an open circuit or a
 * cancellation; an error says so itself with a boolean `retryable`; everything else may pass.
 */
export function isRetryable(error: unknown): boolean {
  if (isMisuse(error)) return false;
  const { retryable } = (error ?? {}) as { retryable?: unknown };
  if (typeof retryable === 'boolean') return retryable;
  return !(isLlmgineError(error) && FINAL.has(error.code));
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
