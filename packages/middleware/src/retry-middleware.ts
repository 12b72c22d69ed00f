import {
  createOptionChecker,
  type CommandCall,
  type CommandMiddleware,
  type CommandResult,
  type OptionNames,
} from '@llmgine/core';
import {
  createBackoff,
  isRetryable,
  repeat,
  retryAfterMsOf,
  type BackoffOptions,
  type Clock,
  type Random,
} from '@llmgine/core/timing';
import { passOnResult } from './pass-on.ts';

/** How often and when to try a command again. */
export interface RetryMiddlewareOptions {
  /**
   * Attempts after the first one.
   * @default 3
   */
  readonly maxRetries?: number | undefined;
  /**
   * The delay after the first attempt, in milliseconds.
   * @default 100
   */
  readonly delayMs?: number | undefined;
  /**
   * How the delay grows.
   * @default 'exponential'
   */
  readonly backoff?: BackoffOptions['growth'];
  /**
   * No delay is longer than this, except one that the error itself asks for with `retryAfterMs`.
   * @default 10_000
   */
  readonly maxDelayMs?: number | undefined;
  /** @default 'full' */
  readonly jitter?: BackoffOptions['jitter'];
  /**
   * Which errors to try again after.
   * @default all but misuse, a missing handler and invalid data
   */
  readonly shouldRetry?: ((error: Error, attempt: number) => boolean) | undefined;
  /** @default the bus's */
  readonly clock?: Clock | undefined;
  /** @default systemRandom */
  readonly random?: Random | undefined;
}

const optionNames: OptionNames<RetryMiddlewareOptions> = {
  maxRetries: true,
  delayMs: true,
  backoff: true,
  maxDelayMs: true,
  jitter: true,
  shouldRetry: true,
  clock: true,
  random: true,
};

/**
 * Makes middleware that tries failed commands again: for a plain bus. The resilient bus retries by itself, with a
 * budget, circuit breakers and dead letters. Commands whose definition says `retry: false` are left alone.
 * @throws InvalidOptionsError
 */
export function retryMiddleware(options: RetryMiddlewareOptions = {}): CommandMiddleware {
  checkOptions(options);
  const { maxRetries = 3, clock, shouldRetry = isRetryable } = options;
  const backoff = createBackoff({
    growth: options.backoff,
    initialDelayMs: options.delayMs,
    maxDelayMs: options.maxDelayMs,
    jitter: options.jitter,
    random: options.random,
  });

  return {
    name: 'retry',
    repeats: true,
    aroundCommand(call, next) {
      if (!call.definition.retry) return passOnResult;
      return (result) => (result.success ? result : tryAgain(result, call, next));
    },
  };

  function tryAgain(
    first: CommandResult,
    { context, clock: busClock }: CommandCall,
    next: () => Promise<CommandResult>,
  ): Promise<CommandResult> {
    return repeat(first, next, {
      delayMs: delayAfter,
      signal: () => context.signal,
      clock: clock ?? busClock,
    });
  }

  function delayAfter(result: CommandResult, attempt: number): number | undefined {
    if (result.success || attempt > maxRetries) return undefined;
    if (!isRetryable(result.error) || !wantsRetry(result.error, attempt)) return undefined;
    return Math.max(backoff(attempt), retryAfterMsOf(result.error) ?? 0);
  }

  /** A predicate that throws has not asked for anything. */
  function wantsRetry(error: Error, attempt: number): boolean {
    try {
      return shouldRetry(error, attempt);
    } catch {
      return false;
    }
  }
}

function checkOptions(given: RetryMiddlewareOptions): void {
  const check = createOptionChecker('create retry middleware');
  const options = check.options(given, optionNames);
  check.number('maxRetries', options.maxRetries, { min: 0, integer: true });
  check.number('delayMs', options.delayMs, { min: 0 });
  check.oneOf('backoff', options.backoff, ['exponential', 'linear', 'constant']);
  check.number('maxDelayMs', options.maxDelayMs, { min: 0 });
  check.oneOf('jitter', options.jitter, ['full', 'none']);
  check.function('shouldRetry', options.shouldRetry);
  check.function('random', options.random);
  check.methods('clock', options.clock, ['setTimer']);
  check.done();
}
