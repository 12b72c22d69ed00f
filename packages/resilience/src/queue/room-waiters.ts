import type { QueueEntry } from '@llmgine/core';

/** One who waits for room, and what to tell it. */
interface Waiter {
  readonly entry: QueueEntry;
  readonly answer: (outcome: 'accepted' | 'rejected') => void;
}

/** Publishers who wait for room in the queue, first come first served. */
export class RoomWaiters {
  readonly #waiters = new Set<Waiter>();
  /** How many left, or were sent away. */
  rejected = 0;

  get size(): number {
    return this.#waiters.size;
  }

  /** Resolves when there is room, or to `rejected` when the signal aborts or somebody sends it away. */
  wait(entry: QueueEntry, signal: AbortSignal | undefined): Promise<'accepted' | 'rejected'> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        entry,
        answer: (outcome) => {
          if (!this.#waiters.delete(waiter)) return;
          if (outcome === 'rejected') this.rejected++;
          signal?.removeEventListener('abort', leave);
          resolve(outcome);
        },
      };
      const leave = (): void => waiter.answer('rejected');
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /** Lets the one in who has waited longest. */
  admit(accept: (entry: QueueEntry) => void): void {
    for (const waiter of this.#waiters) {
      accept(waiter.entry);
      waiter.answer('accepted');
      return;
    }
  }

  /** Sends away those that match. */
  reject(matches: (entry: QueueEntry) => boolean): void {
    for (const waiter of this.#waiters) {
      if (matches(waiter.entry)) waiter.answer('rejected');
    }
  }
}
