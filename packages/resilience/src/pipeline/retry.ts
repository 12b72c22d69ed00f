import type { RetryOptions } from '../retry/retry-policy.ts';
import type { WiringOptions } from '../wiring.ts';
import type { CallContext } from './call-attempt.ts';
import { resiliencePipeline, type RunOptions } from './resilience-pipeline.ts';

/**
 * Calls a function until it succeeds or the policy has enough. A single call has no budget; functions that are called
 * often should share a `resiliencePipeline`.
 * @throws InvalidOptionsError, AttemptTimeoutError, CallAbortedError, RetryLaterError
 */
export function retry<T>(
  work: (context: CallContext) => T | PromiseLike<T>,
  { signal, clock, signals, ...policy }: RetryOptions & RunOptions & WiringOptions = {},
): Promise<T> {
  return resiliencePipeline({ retry: { ...policy, budget: false }, clock, signals }).run(work, {
    signal,
  });
}
