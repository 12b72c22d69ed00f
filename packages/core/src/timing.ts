export { createBackoff, type Backoff, type BackoffOptions } from './timing/backoff.ts';
export { MAX_TIMER_MS, type Clock } from './timing/clock.ts';
export { Deadlines, type Deadline } from './timing/deadlines.ts';
export { EqualDeadlines, type EqualDeadline } from './timing/equal-deadlines.ts';
export { LazySignal, toAbortSignal, type AbortNotice } from './timing/lazy-signal.ts';
export { RateGate } from './timing/rate-gate.ts';
export { RateLimitedError } from './timing/rate-limited-error.ts';
export {
  isMisuse,
  isRetryable,
  repeat,
  retryAfterMsOf,
  type RepeatOptions,
} from './timing/retry.ts';
export { sleep, type SleepOptions } from './timing/sleep.ts';
export { systemClock } from './timing/system-clock.ts';
export { systemRandom, type Random } from './timing/system-random.ts';
export { TokenBucket, type TokenBucketOptions } from './timing/token-bucket.ts';
