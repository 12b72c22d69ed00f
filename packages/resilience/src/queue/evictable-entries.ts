import { RingBuffer, type QueueEntry } from '@llmgine/core';

/** Left-overs are cleaned out when there are more of them than of the others, but not for so few. */
const FEW = 64;

/**
 * The queued entries that may be thrown out, oldest first. An entry that was thrown out stays behind in its lane as a
 * left-over, to be skipped, so that throwing out costs the same wherever in its lane the entry is.
 */
export class EvictableEntries {
  /** Queued and evictable. */
  readonly #queued = new Set<QueueEntry>();
  /** In order; those that are not queued any more are skipped. */
  readonly #order = new RingBuffer<QueueEntry>();
  /** Thrown out, but still in a lane. */
  readonly #leftOver = new Set<QueueEntry>();

  get leftOvers(): number {
    return this.#leftOver.size;
  }

  get tooManyLeftOvers(): boolean {
    return this.#leftOver.size > FEW && this.#leftOver.size > this.#queued.size;
  }

  add(entry: QueueEntry): void {
    this.#queued.add(entry);
    this.#order.push(entry);
    if (this.#order.length > FEW && this.#order.length > 2 * this.#queued.size) {
      this.#order.remove((other) => !this.#queued.has(other));
    }
  }

  /** The entry has left its lane. */
  forget(entry: QueueEntry): void {
    this.#queued.delete(entry);
  }

  /** Takes the oldest one out; it stays behind in its lane. */
  evictOldest(): QueueEntry | undefined {
    for (let entry = this.#order.shift(); entry; entry = this.#order.shift()) {
      if (!this.#queued.delete(entry)) continue;
      this.#leftOver.add(entry);
      return entry;
    }
    return undefined;
  }

  isLeftOver(entry: QueueEntry): boolean {
    return this.#leftOver.has(entry);
  }

  /** The left-over has left its lane too. */
  clean(entry: QueueEntry): boolean {
    return this.#leftOver.delete(entry);
  }
}
