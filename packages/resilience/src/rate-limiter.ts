import { createOptionChecker, type OptionChecker, type OptionNames } from '@llmgine/core';
import {
  RateGate,
  RateLimitedError,
  systemClock,
  TokenBucket,
  type Clock,
} from '@llmgine/core/timing';
import { KeyedParts } from './keyed-parts.ts';
import { CallAbortedError } from './errors.ts';

/** How much per minute, for each key. One of the two at least. */
export interface RateLimiterOptions {
  readonly requestsPerMinute?: number | undefined;
  /** Tokens as language models count them: reserved before a call, settled after it. */
  readonly tokensPerMinute?: number | undefined;
  /**
   * What there is no allowance for waits, first come first served, or is refused.
   * @default 'wait'
   */
  readonly onLimit?: 'wait' | 'fail' | undefined;
  /**
   * Keys remembered at most; beyond it, those with a full allowance are forgotten, else the oldest.
   * @default 1000
   */
  readonly maxKeys?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** What to reserve. */
export interface ReserveOptions {
  /**
   * Calls of one key share an allowance.
   * @default ''
   */
  readonly key?: string | undefined;
  /**
   * Tokens the call is expected to use.
   * @default 0
   */
  readonly tokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What was reserved. */
export interface Reservation {
  /** Says what was used: what is left over comes back, what was missing is owed. Settling twice does nothing. */
  settle(usedTokens: number): void;
}

/** Keeps calls within requests and tokens per minute. */
export interface RateLimiter {
  /**
   * Takes a request and the tokens, when they are there. More tokens than a minute allows are let through when the
   * allowance is full, and owed.
   * @throws RateLimitedError, CallAbortedError, InvalidOptionsError
   */
  reserve(options?: ReserveOptions): Promise<Reservation>;
  /**
   * Reserves, runs `work`, and settles by `usedTokens` of its result, or by the reservation where that is left out.
   * @throws RateLimitedError, CallAbortedError, InvalidOptionsError
   */
  run<T>(
    work: () => T | Promise<T>,
    options?: ReserveOptions & { readonly usedTokens?: (result: T) => number },
  ): Promise<T>;
}

/** The allowance of one key. */
interface Allowance {
  readonly gate: RateGate;
  readonly requests: TokenBucket;
  readonly tokens: TokenBucket;
}

export const rateLimiterOptionNames: OptionNames<RateLimiterOptions> = {
  requestsPerMinute: true,
  tokensPerMinute: true,
  onLimit: true,
  maxKeys: true,
  clock: true,
};

/**
 * Makes a limiter.
 * @throws InvalidOptionsError
 */
export function rateLimiter(options: RateLimiterOptions): RateLimiter {
  const check = createOptionChecker('create rate limiter');
  checkRateLimiterOptions(check, check.options(options, rateLimiterOptionNames));
  check.done();
  const { onLimit = 'wait', maxKeys = 1_000, clock = systemClock } = options;
  const allowances = new KeyedParts<Allowance>({
    create: createAllowance,
    maxKeys,
    isIdle: ({ gate, requests, tokens }) =>
      gate.waiting === 0 &&
      requests.available === requests.burst &&
      tokens.available === tokens.burst,
  });

  return { reserve, run };

  async function reserve({ key = '', tokens = 0, signal }: ReserveOptions = {}) {
    const checkTokens = createOptionChecker('reserve');
    checkTokens.number('tokens', tokens, { min: 0 });
    checkTokens.done();
    const allowance = allowances.for(key);
    const costs = [1, tokens];
    if (!allowance.gate.tryEnter(costs)) await whenLimited(allowance.gate, { key, costs, signal });
    return createReservation(allowance.tokens, tokens);
  }

  async function run<T>(
    work: () => T | Promise<T>,
    options: ReserveOptions & { readonly usedTokens?: (result: T) => number } = {},
  ): Promise<T> {
    const { usedTokens, tokens = 0 } = options;
    const reservation = await reserve(options);
    const result = await work();
    reservation.settle(usedTokens?.(result) ?? tokens);
    return result;
  }

  async function whenLimited(
    gate: RateGate,
    { key, costs, signal }: { key: string; costs: number[]; signal: AbortSignal | undefined },
  ): Promise<void> {
    if (onLimit === 'fail') throw new RateLimitedError(key, gate.msUntil(costs));
    if (!(await gate.enter(costs, signal))) throw new CallAbortedError(signal?.reason);
  }

  function createAllowance(): Allowance {
    const requests = bucketOf(options.requestsPerMinute);
    const tokens = bucketOf(options.tokensPerMinute);
    return { gate: new RateGate([requests, tokens], clock), requests, tokens };
  }

  /** What is not limited has a bucket that never runs dry. */
  function bucketOf(perMinute: number = Number.MAX_SAFE_INTEGER): TokenBucket {
    return new TokenBucket({ ratePerSecond: perMinute / 60, burst: Math.max(perMinute, 1), clock });
  }
}

function createReservation(bucket: TokenBucket, reserved: number): Reservation {
  let settled = false;
  return {
    settle(usedTokens) {
      if (settled || !(usedTokens >= 0)) return;
      settled = true;
      if (usedTokens > reserved) bucket.take(usedTokens - reserved);
      else bucket.giveBack(reserved - usedTokens);
    },
  };
}

/** Notes what is wrong with the options. */
export function checkRateLimiterOptions(
  check: OptionChecker,
  options: RateLimiterOptions,
  prefix = '',
): void {
  check.require(
    options.requestsPerMinute !== undefined || options.tokensPerMinute !== undefined,
    `${prefix}requestsPerMinute or tokensPerMinute must be given`,
  );
  check.number(`${prefix}requestsPerMinute`, options.requestsPerMinute, { above: 0 });
  check.number(`${prefix}tokensPerMinute`, options.tokensPerMinute, { above: 0 });
  check.oneOf(`${prefix}onLimit`, options.onLimit, ['wait', 'fail']);
  check.number(`${prefix}maxKeys`, options.maxKeys, { min: 1, integer: true });
  check.methods(`${prefix}clock`, options.clock, ['monotonic', 'setTimer']);
}
