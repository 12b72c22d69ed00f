import { createOptionChecker } from '../option-checker.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './system-clock.ts';

/** How fast a bucket fills and how much it holds. */
export interface TokenBucketOptions {
  /** Tokens that come in per second; may be below one. */
  readonly ratePerSecond: number;
  /**
   * What the bucket holds, and begins with.
   * @default ratePerSecond, at least 1
   */
  readonly burst?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** What refills in steps may fall short of a whole token by a rounding error. */
const ROUNDING = 1e-9;

/** An allowance that refills steadily. */
export class TokenBucket {
  readonly burst: number;
  readonly #perMs: number;
  readonly #clock: Clock;
  #tokens: number;
  #filledAt: number;

  /** @throws InvalidOptionsError */
  constructor({ ratePerSecond, burst, clock = systemClock }: TokenBucketOptions) {
    const check = createOptionChecker('create token bucket');
    check.number('ratePerSecond', ratePerSecond, { above: 0 });
    check.number('burst', burst, { min: 1 });
    check.done();
    this.burst = burst ?? Math.max(ratePerSecond, 1);
    this.#perMs = ratePerSecond / 1000;
    this.#clock = clock;
    this.#tokens = this.burst;
    this.#filledAt = clock.monotonic();
  }

  /** Tokens that are there now; below zero while a debt is being paid. */
  get available(): number {
    this.#refill();
    return this.#tokens;
  }

  /** Milliseconds after which a drained bucket is full again. */
  get refillMs(): number {
    return this.burst / this.#perMs;
  }

  /** Takes tokens if they are there. */
  tryTake(count = 1): boolean {
    this.#refill();
    if (this.#tokens + ROUNDING < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Takes tokens even if they are not there: what is missing is owed and comes off what refills. */
  take(count: number): void {
    this.#refill();
    this.#tokens -= count;
  }

  /** Gives back tokens that were not used after all. */
  giveBack(count: number): void {
    this.#refill();
    this.#tokens = Math.min(this.#tokens + count, this.burst);
  }

  /** Milliseconds until so many tokens are there: 0 when they are, Infinity when the bucket never holds as many. */
  msUntil(count = 1): number {
    if (count > this.burst) return Number.POSITIVE_INFINITY;
    this.#refill();
    return this.#tokens + ROUNDING >= count ? 0 : (count - this.#tokens) / this.#perMs;
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    if (now <= this.#filledAt) return; // a clock that goes back neither gives nor takes
    const tokens = this.#tokens + (now - this.#filledAt) * this.#perMs;
    this.#tokens = tokens < this.burst ? tokens : this.burst;
    this.#filledAt = now;
  }
}
