import type { Clock } from '@llmgine/core/timing';

/** What the buckets of all keys have in common. */
export interface KeyedBucketsOptions {
  readonly ratePerSecond: number;
  readonly burst: number;
  /** Buckets kept at most. */
  readonly maxKeys: number;
  readonly clock: Clock;
}

/** What refills in steps may fall short of a whole token by a rounding error. */
const ROUNDING = 1e-9;
/** Buckets looked at for each new key. More than one, or idle ones would never become fewer. */
const LOOKS = 2;

/**
 * One token bucket for each key, in constant memory and without an object for each. Every new key lets go of buckets
 * that have refilled, since they equal new ones. When there are too many keys at once, one goes that has not been used
 * since a hand last came by; its key begins afresh.
 */
export class KeyedBuckets {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #maxKeys: number;
  readonly #clock: Clock;
  readonly #slots = new Map<string, number>();
  readonly #keys: (string | undefined)[] = [];
  readonly #tokens: number[] = [];
  readonly #filledAt: number[] = [];
  /** Whether a slot was used since the hand last came by. */
  readonly #used: boolean[] = [];
  readonly #free: number[] = [];
  #hand = 0;

  constructor({ ratePerSecond, burst, maxKeys, clock }: KeyedBucketsOptions) {
    this.#perMs = ratePerSecond / 1000;
    this.#burst = burst;
    this.#maxKeys = maxKeys;
    this.#clock = clock;
  }

  /** Buckets held. */
  get size(): number {
    return this.#slots.size;
  }

  /** Takes a token of the key's bucket, if there is one. */
  tryTake(key: string): boolean {
    const now = this.#clock.monotonic();
    const slot = this.#slots.get(key);
    if (slot === undefined) {
      this.#enter(key, now);
      return true; // a bucket holds one token at least
    }
    this.#used[slot] = true;
    const tokens = this.#refilled(slot, now);
    const isThere = tokens + ROUNDING >= 1;
    this.#tokens[slot] = isThere ? tokens - 1 : tokens;
    if (now > this.#filledAt[slot]!) this.#filledAt[slot] = now;
    return isThere;
  }

  /** A clock that goes back neither gives nor takes. */
  #refilled(slot: number, now: number): number {
    const elapsedMs = Math.max(now - this.#filledAt[slot]!, 0);
    return Math.min(this.#tokens[slot]! + elapsedMs * this.#perMs, this.#burst);
  }

  #enter(key: string, now: number): void {
    this.#letGoOfRefilled(now);
    if (this.#slots.size >= this.#maxKeys) this.#letGoOfUnused();
    const slot = this.#free.pop() ?? this.#keys.length;
    this.#slots.set(key, slot);
    this.#keys[slot] = key;
    this.#tokens[slot] = this.#burst - 1;
    this.#filledAt[slot] = now;
    this.#used[slot] = false;
  }

  #letGoOfRefilled(now: number): void {
    for (let looks = Math.min(LOOKS, this.#keys.length); looks > 0; looks--) {
      const slot = this.#turnHand();
      if (this.#keys[slot] !== undefined && this.#refilled(slot, now) >= this.#burst) {
        this.#letGo(slot);
      }
    }
  }

  /** Comes to an end: whatever the hand has passed counts as unused. */
  #letGoOfUnused(): void {
    for (;;) {
      const slot = this.#turnHand();
      if (this.#keys[slot] === undefined) continue;
      if (!this.#used[slot]) return this.#letGo(slot);
      this.#used[slot] = false;
    }
  }

  #turnHand(): number {
    const slot = this.#hand;
    this.#hand = slot + 1 < this.#keys.length ? slot + 1 : 0;
    return slot;
  }

  #letGo(slot: number): void {
    this.#slots.delete(this.#keys[slot]!); // only slots that hold a key come here
    this.#keys[slot] = undefined;
    this.#free.push(slot);
  }
}
