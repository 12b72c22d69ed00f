import type { Clock } from '@llmgine/core/timing';

/** What the buckets of all keys have in common. */
export interface KeyedBucketsOptions {
  readonly ratePerSecond: number;
  readonly burst: number;
  /** Buckets kept at most. */
  readonly maxKeys: number;
  readonly clock: Clock;
}

/** The bucket of one key, or of none: then it is free for another. */
interface Bucket {
  key: string | undefined;
  tokens: number;
  filledAt: number;
  /** Since the hand last came by. */
  isUsed: boolean;
}

/** What refills in steps may fall short of a whole token by a rounding error. */
const ROUNDING = 1e-9;
/** Buckets looked at for each new key. More than one, or idle ones would never become fewer. */
const LOOKS = 2;

/**
 * One token bucket for each key, in constant memory. Every new key lets go of buckets that nobody has used for so
 * long that they have refilled: they equal new ones. When there are too many keys at once, one goes that has not been
 * used since a hand last came by; its key begins afresh. What is let go of is used again for another key.
 */
export class KeyedBuckets {
  readonly #perMs: number;
  readonly #burst: number;
  /** After so long any bucket is full. */
  readonly #refillMs: number;
  readonly #maxKeys: number;
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Bucket>();
  readonly #all: Bucket[] = [];
  readonly #free: Bucket[] = [];
  #hand = 0;

  constructor({ ratePerSecond, burst, maxKeys, clock }: KeyedBucketsOptions) {
    this.#perMs = ratePerSecond / 1000;
    this.#burst = burst;
    this.#refillMs = burst / this.#perMs;
    this.#maxKeys = maxKeys;
    this.#clock = clock;
  }

  /** Keys remembered. */
  get size(): number {
    return this.#byKey.size;
  }

  /** Takes a token of the key's bucket, if there is one. */
  tryTake(key: string): boolean {
    const now = this.#clock.monotonic();
    const bucket = this.#byKey.get(key);
    if (!bucket) {
      this.#enter(key, now);
      return true; // a bucket holds one token at least
    }
    bucket.isUsed = true;
    this.#refill(bucket, now);
    if (bucket.tokens + ROUNDING < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  #refill(bucket: Bucket, now: number): void {
    if (now <= bucket.filledAt) return; // a clock that goes back neither gives nor takes
    const tokens = bucket.tokens + (now - bucket.filledAt) * this.#perMs;
    bucket.tokens = tokens < this.#burst ? tokens : this.#burst;
    bucket.filledAt = now;
  }

  #enter(key: string, now: number): void {
    this.#letGoOfRefilled(now);
    if (this.#byKey.size >= this.#maxKeys) this.#letGoOfUnused();
    const bucket = this.#free.pop() ?? this.#create();
    bucket.key = key;
    bucket.tokens = this.#burst - 1;
    bucket.filledAt = now;
    bucket.isUsed = false;
    this.#byKey.set(key, bucket);
  }

  #create(): Bucket {
    const bucket = { key: undefined, tokens: 0.5, filledAt: 0.5, isUsed: false };
    this.#all.push(bucket);
    return bucket;
  }

  #letGoOfRefilled(now: number): void {
    for (let looks = Math.min(LOOKS, this.#all.length); looks > 0; looks--) {
      const bucket = this.#turnHand();
      const isRefilled = now - bucket.filledAt >= this.#refillMs;
      if (bucket.key !== undefined && isRefilled) this.#letGo(bucket);
    }
  }

  /** Comes to an end: whatever the hand has passed counts as unused. */
  #letGoOfUnused(): void {
    for (;;) {
      const bucket = this.#turnHand();
      if (bucket.key === undefined) continue;
      if (!bucket.isUsed) return this.#letGo(bucket);
      bucket.isUsed = false;
    }
  }

  #turnHand(): Bucket {
    const bucket = this.#all[this.#hand]!; // only called when there are some
    this.#hand = this.#hand + 1 < this.#all.length ? this.#hand + 1 : 0;
    return bucket;
  }

  #letGo(bucket: Bucket): void {
    this.#byKey.delete(bucket.key!); // only called for those that have one
    bucket.key = undefined;
    this.#free.push(bucket);
  }
}
