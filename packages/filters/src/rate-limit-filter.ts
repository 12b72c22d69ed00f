import {
  createOptionChecker,
  type EventFilter,
  type EventMessage,
  type OptionNames,
} from '@llmgine/core';
import { systemClock, TokenBucket, type Clock } from '@llmgine/core/timing';
import type { FilterOptions } from './filter-options.ts';
import { KeyedBuckets } from './keyed-buckets.ts';

/** How many events pass. */
export interface RateLimitFilterOptions extends FilterOptions {
  /** Sustained rate; may be below one. */
  readonly maxPerSecond: number;
  /**
   * Events that pass at once after a pause.
   * @default maxPerSecond, at least 1
   */
  readonly burst?: number | undefined;
  /**
   * Gives each session its own allowance.
   * @default true
   */
  readonly perSession?: boolean | undefined;
  /**
   * Gives each type of event its own allowance.
   * @default false
   */
  readonly perType?: boolean | undefined;
  /**
   * Allowances remembered at most. Beyond it, some not used lately begin afresh.
   * @default 10_000
   */
  readonly maxKeys?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

const optionNames: OptionNames<RateLimitFilterOptions> = {
  maxPerSecond: true,
  burst: true,
  perSession: true,
  perType: true,
  maxKeys: true,
  clock: true,
  busEvents: true,
};

/**
 * Makes a filter that refuses events which arrive faster than the allowance refills.
 * @throws InvalidOptionsError
 */
export function rateLimitFilter(options: RateLimitFilterOptions): EventFilter {
  checkOptions(options);
  const { maxPerSecond, perSession = true, perType = false, clock = systemClock } = options;
  const { burst = Math.max(maxPerSecond, 1), maxKeys = 10_000 } = options;
  const allowance = { ratePerSecond: maxPerSecond, burst, clock };

  return { name: 'rateLimit', busEvents: options.busEvents ?? false, accepts: createTest() };

  function createTest(): EventFilter['accepts'] {
    if (!perSession && !perType) {
      const bucket = new TokenBucket(allowance);
      return () => bucket.tryTake();
    }
    const buckets = new KeyedBuckets({ ...allowance, maxKeys });
    const keyOf = createKey(perSession, perType);
    return (event) => buckets.tryTake(keyOf(event));
  }
}

function createKey(perSession: boolean, perType: boolean): (event: EventMessage) => string {
  if (!perType) return ({ sessionId }) => sessionId;
  if (!perSession) return ({ type }) => type;
  return ({ sessionId, type }) => `${type}\n${sessionId}`;
}

function checkOptions(given: RateLimitFilterOptions): void {
  const check = createOptionChecker('create rate-limit filter');
  const options = check.options(given, optionNames);
  check.require(options.maxPerSecond !== undefined, 'maxPerSecond must be given');
  check.number('maxPerSecond', options.maxPerSecond, { above: 0 });
  check.number('burst', options.burst, { min: 1 });
  check.boolean('perSession', options.perSession);
  check.boolean('perType', options.perType);
  check.number('maxKeys', options.maxKeys, { min: 2, integer: true });
  check.boolean('busEvents', options.busEvents);
  check.methods('clock', options.clock, ['monotonic']);
  check.done();
}
