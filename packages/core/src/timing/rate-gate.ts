import type { Clock } from './clock.ts';
import type { TokenBucket } from './token-bucket.ts';

/** One who waits at a gate. */
interface Waiter {
  readonly costs: readonly number[];
  readonly enter: () => void;
}

/** Lets callers through as fast as all of its buckets allow, first come first served. */
export class RateGate {
  readonly #buckets: readonly TokenBucket[];
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  #timer: Disposable | undefined;

  constructor(buckets: readonly TokenBucket[], clock: Clock) {
    this.#buckets = buckets;
    this.#clock = clock;
  }

  /** Callers who wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Takes each bucket's cost at once, if all are there and nobody waits already. */
  tryEnter(costs: readonly number[]): boolean {
    return this.#waiters.size === 0 && this.#tryTake(costs);
  }

  /** Milliseconds until somebody with these costs could be let through, were nobody waiting. */
  msUntil(costs: readonly number[]): number {
    let longestMs = 0;
    for (const [index, bucket] of this.#buckets.entries()) {
      // What costs more than a bucket holds goes through when it is full, and leaves it in debt.
      const neededMs = bucket.msUntil(Math.min(costs[index] ?? 0, bucket.burst));
      if (neededMs > longestMs) longestMs = neededMs;
    }
    return longestMs;
  }

  /** Waits for its turn and the costs. Resolves to false when the signal aborts first. */
  enter(costs: readonly number[], signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    if (this.tryEnter(costs)) return Promise.resolve(true);

    return new Promise((resolve) => {
      const waiter: Waiter = {
        costs,
        enter: () => {
          signal?.removeEventListener('abort', leave);
          resolve(true);
        },
      };
      const leave = (): void => {
        this.#waiters.delete(waiter);
        this.#wait();
        resolve(false);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiters.add(waiter);
      if (!this.#timer) this.#wait();
    });
  }

  #tryTake(costs: readonly number[]): boolean {
    const first = this.#buckets[0];
    if (first && this.#buckets.length === 1 && costs[0]! <= first.burst)
      return first.tryTake(costs[0]);
    if (this.msUntil(costs) > 0) return false;
    for (const [index, bucket] of this.#buckets.entries()) bucket.take(costs[index] ?? 0);
    return true;
  }

  /** Lets in who may enter, and comes back when the next one may. */
  #wait(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    for (const waiter of this.#waiters) {
      if (!this.#tryTake(waiter.costs)) {
        // A fraction too much is asked for rather than too little: a timer early by rounding would spin.
        const delayMs = Math.max(this.msUntil(waiter.costs), 1);
        this.#timer = this.#clock.setTimer(() => this.#wait(), delayMs);
        return;
      }
      this.#waiters.delete(waiter);
      waiter.enter();
    }
  }
}
