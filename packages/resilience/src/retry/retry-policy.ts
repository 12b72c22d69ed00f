import type { OptionChecker, OptionNames } from '@llmgine/core';
import {
  createBackoff,
  retryAfterMsOf,
  type Backoff,
  type BackoffOptions,
} from '@llmgine/core/timing';
import type { Wiring } from '../wiring.ts';
import { checkErrorPolicies, decideOn, type ErrorPolicy } from './error-policy.ts';
import { checkRetryBudget, type RetryBudgetOptions } from './retry-budget.ts';

/** How often and when to try again, and what to do about which error. */
export interface RetryOptions extends BackoffOptions {
  /**
   * Attempts after the first one.
   * @default 3
   */
  readonly maxRetries?: number | undefined;
  /**
   * What to do about which error; the first row that matches decides.
   * @default retry; but dead-letter what says that it is not `retryable`, and fail misuse
   */
  readonly policies?: readonly ErrorPolicy[] | undefined;
  /**
   * How long all attempts and waits may take together.
   * @default no limit
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How long one attempt may take.
   * @default no limit
   */
  readonly attemptTimeoutMs?: number | undefined;
  /**
   * How many retries there may be beside the calls; false: any number.
   * @default { ratio: 0.2, minPerSecond: 10 }
   */
  readonly budget?: RetryBudgetOptions | false | undefined;
}

/** What to do after a failed attempt. */
type RetryDecision =
  | {
      readonly again: true;
      readonly delayMs: number;
      /** The error asked for it. */ readonly asked: boolean;
    }
  | { readonly again: false; readonly action: 'exhausted' | 'deadLetter' | 'fail' | 'discard' };

/** Decides after failed attempts. */
export interface RetryPolicy {
  readonly timeoutMs: number | undefined;
  readonly attemptTimeoutMs: number | undefined;
  /** How long the first attempt may take: the shorter of the two. */
  readonly firstTimeoutMs: number | undefined;
  /** `attempt` is the one that failed, the first being 1. */
  decide(error: Error, attempt: number): RetryDecision;
}

/** Makes the policy. The options must have been checked. */
export function createRetryPolicy(options: RetryOptions, wiring: Wiring): RetryPolicy {
  const { maxRetries = 3, policies = [], timeoutMs, attemptTimeoutMs } = options;
  const backoff: Backoff = createBackoff(options);

  return {
    timeoutMs,
    attemptTimeoutMs,
    firstTimeoutMs: shorter(timeoutMs, attemptTimeoutMs),
    decide(error, attempt) {
      const decision = decideOn(error, policies, wiring);
      const { action } = decision;
      if (action !== 'retry' && action !== 'retryAfter') return { again: false, action };
      if (attempt > (decision.maxRetries ?? maxRetries))
        return { again: false, action: 'exhausted' };

      const askedMs = retryAfterMsOf(error) ?? decision.retryAfterMs;
      // Coming back earlier than asked fails for certain; later than asked spreads those who were all told the same.
      if (askedMs === undefined) return { again: true, delayMs: backoff(attempt), asked: false };
      const delayMs = action === 'retryAfter' ? askedMs : Math.max(askedMs, backoff(attempt));
      return { again: true, delayMs, asked: true };
    },
  };
}

function shorter(first: number | undefined, second: number | undefined): number | undefined {
  if (first === undefined) return second;
  return second === undefined ? first : Math.min(first, second);
}

export const retryOptionNames: OptionNames<RetryOptions> = {
  maxRetries: true,
  growth: true,
  initialDelayMs: true,
  maxDelayMs: true,
  base: true,
  jitter: true,
  random: true,
  policies: true,
  timeoutMs: true,
  attemptTimeoutMs: true,
  budget: true,
};

/** Notes what is wrong with the options. */
export function checkRetryOptions(check: OptionChecker, options: RetryOptions, prefix = ''): void {
  check.number(`${prefix}maxRetries`, options.maxRetries, { min: 0, integer: true });
  check.oneOf(`${prefix}growth`, options.growth, ['exponential', 'linear', 'constant']);
  check.number(`${prefix}initialDelayMs`, options.initialDelayMs, { min: 0 });
  check.number(`${prefix}maxDelayMs`, options.maxDelayMs, { min: 0 });
  check.number(`${prefix}base`, options.base, { min: 1 });
  check.oneOf(`${prefix}jitter`, options.jitter, ['full', 'none']);
  check.function(`${prefix}random`, options.random);
  check.number(`${prefix}timeoutMs`, options.timeoutMs, { above: 0 });
  check.number(`${prefix}attemptTimeoutMs`, options.attemptTimeoutMs, { above: 0 });
  checkErrorPolicies(check, options.policies, `${prefix}policies`);
  checkRetryBudget(check, options.budget, `${prefix}budget`);
}
