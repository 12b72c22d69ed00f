import { createOptionChecker } from '@llmgine/core';
import { checkRetryOptions, retryOptionNames, type RetryOptions } from '../retry/retry-policy.ts';
import { checkWiringOptions, wiringOptionNames, type WiringOptions } from '../wiring.ts';
import type { CallContext } from './call-attempt.ts';
import { resiliencePipeline, type RunOptions } from './resilience-pipeline.ts';

/** How to call again, and when to stop. */
type RetryCallOptions = RetryOptions & RunOptions & WiringOptions;

/**
 * Calls a function until it succeeds or the policy has enough. A single call has no budget; functions that are called
 * often should share a `resiliencePipeline`.
 * @throws InvalidOptionsError, AttemptTimeoutError, CallAbortedError, RetryLaterError
 */
export function retry<T>(
  work: (context: CallContext) => T | PromiseLike<T>,
  options: RetryCallOptions = {},
): Promise<T> {
  checkOptions(options);
  const { signal, clock, signals, ...policy } = options;
  return resiliencePipeline({ retry: { ...policy, budget: false }, clock, signals }).run(work, {
    signal,
  });
}

function checkOptions(given: RetryCallOptions): void {
  const check = createOptionChecker('retry');
  const names = { ...retryOptionNames, ...wiringOptionNames, signal: true } as const;
  const options = check.options<RetryCallOptions>(given, names);
  checkRetryOptions(check, options);
  checkWiringOptions(check, options);
  check.done();
}
