import type { EventQueue } from '../queue/event-queue.ts';
import type { Clock } from '../timing/clock.ts';
import type { PendingEvent } from './pending-event.ts';

const soon = Promise.resolve();

/**
 * Knows how long the oldest event in a queue has waited. Events that are published in one go share one reading of the
 * clock, and it is not read before somebody has asked.
 */
export class WaitingTime {
  readonly #queue: EventQueue;
  readonly #clock: Clock;
  /** When somebody first asked. Events that were waiting then count from that moment. */
  #timedSince: number | undefined = undefined;
  #now: number | undefined = undefined;
  readonly #timePasses = (): void => {
    this.#now = undefined;
  };

  constructor(queue: EventQueue, clock: Clock) {
    this.#queue = queue;
    this.#clock = clock;
  }

  /** The monotonic time to put on an event that is accepted now, if somebody wants to know. */
  stamp(): number | undefined {
    if (this.#timedSince === undefined) return undefined;
    if (this.#now === undefined) {
      this.#now = this.#clock.monotonic();
      void soon.then(this.#timePasses);
    }
    return this.#now;
  }

  /** Milliseconds; 0 when nothing waits. */
  oldestMs(): number {
    const now = this.#clock.monotonic();
    const timedSince = (this.#timedSince ??= now);
    if (this.#queue.size === 0) return 0;

    let oldest = now;
    this.#queue.remove((entry) => {
      oldest = Math.min(oldest, (entry as PendingEvent).acceptedAt ?? timedSince);
      return false; // looks at each and takes none
    });
    return now - oldest;
  }
}
