import { TokenBucket, type Clock } from '@llmgine/core/timing';

/** What the buckets of all keys have in common. */
export interface KeyedBucketsOptions {
  readonly ratePerSecond: number;
  readonly burst: number;
  /** Buckets kept at most. */
  readonly maxKeys: number;
  readonly clock: Clock;
}

/**
 * One token bucket for each key, in constant memory. Buckets live in two generations: those used lately, and those
 * of before. When the older ones have had time to refill they equal new ones and are let go; when there are too many
 * keys at once they are let go early, and their keys begin afresh.
 */
export class KeyedBuckets {
  readonly #options: KeyedBucketsOptions;
  #recent = new Map<string, TokenBucket>();
  #older = new Map<string, TokenBucket>();
  #refillMs = Number.POSITIVE_INFINITY;
  #turnedAt: number;

  constructor(options: KeyedBucketsOptions) {
    this.#options = options;
    this.#turnedAt = options.clock.monotonic();
  }

  /** Buckets held. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  for(key: string): TokenBucket {
    return this.#recent.get(key) ?? this.#enter(key);
  }

  #enter(key: string): TokenBucket {
    this.#turnWhenDue();
    const bucket = this.#older.get(key) ?? new TokenBucket(this.#options);
    this.#older.delete(key);
    this.#recent.set(key, bucket);
    this.#refillMs = bucket.refillMs;
    return bucket;
  }

  #turnWhenDue(): void {
    const now = this.#options.clock.monotonic();
    const refilled = now - this.#turnedAt >= this.#refillMs;
    if (!refilled && this.#recent.size < this.#options.maxKeys / 2) return;
    this.#older = this.#recent;
    this.#recent = new Map();
    this.#turnedAt = now;
  }
}
