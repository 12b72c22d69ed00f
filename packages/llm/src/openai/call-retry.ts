import { sleep, type Clock } from '@llmgine/core/timing';
import { ModelError } from '../errors.ts';

/** How often and how long to try again. */
export interface CallRetryOptions {
  readonly maxRetries: number;
  readonly maxRetryWaitMs: number;
  readonly clock: Clock;
}

/** Decides about another call after a failed one. */
export interface CallRetry {
  /** Waits until the next call may begin. @throws what was thrown, when there must be none */
  beforeNext(
    thrown: unknown,
    state: { readonly failures: number; readonly signal: AbortSignal | undefined },
  ): Promise<void>;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 8_000;

/** Makes the waits between calls: what the endpoint asks for, else doubling ones. */
export function createCallRetry({
  maxRetries,
  maxRetryWaitMs,
  clock,
}: CallRetryOptions): CallRetry {
  return {
    async beforeNext(thrown, { failures, signal }) {
      if (!(thrown instanceof ModelError) || !thrown.retryable || failures >= maxRetries)
        throw thrown;
      const { retryAfterMs } = thrown;
      if (retryAfterMs !== undefined && retryAfterMs > maxRetryWaitMs) throw thrown;
      const delayMs = retryAfterMs ?? Math.min(FIRST_DELAY_MS * 2 ** failures, LONGEST_DELAY_MS);
      if (!(await sleep(delayMs, { signal, clock }))) throw signal?.reason ?? thrown;
    },
  };
}
