import type { EventQueue } from '../queue/event-queue.ts';
import type { Clock } from '../timing/clock.ts';

/** The place of a waiting event among all that wait, in the order in which they were accepted. */
export interface WaitingPlace {
  /** Monotonic. */
  readonly since: number;
  older: WaitingPlace | undefined;
  newer: WaitingPlace | undefined;
}

/** What waits: an event in the queue. */
export interface Waiting {
  /** Known once somebody asks how long events wait. */
  place: WaitingPlace | undefined;
}

const soon = Promise.resolve();

/**
 * Knows how long the oldest event in a queue has waited, however many there are. Events that are published in one go
 * share one reading of the clock, and nothing is kept before somebody has asked.
 */
export class WaitingTime {
  readonly #queue: EventQueue;
  readonly #clock: Clock;
  /** When somebody first asked. Events that were waiting then count from that moment. */
  #timedSince: number | undefined = undefined;
  #now: number | undefined = undefined;
  #oldest: WaitingPlace | undefined = undefined;
  #newest: WaitingPlace | undefined = undefined;
  #count = 0;
  readonly #timePasses = (): void => {
    this.#now = undefined;
  };

  constructor(queue: EventQueue, clock: Clock) {
    this.#queue = queue;
    this.#clock = clock;
  }

  /** It was accepted. */
  enter(entry: Waiting): void {
    if (this.#timedSince === undefined) return;
    const older = this.#newest;
    const place = { since: this.#sharedNow(), older, newer: undefined };
    if (older) older.newer = place;
    else this.#oldest = place;
    this.#newest = place;
    this.#count++;
    entry.place = place;
  }

  /** Its dispatch begins, or it was dropped. May be called again. */
  leave(entry: Waiting): void {
    const { place } = entry;
    if (!place) return;
    const { older, newer } = place;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    place.newer = undefined; // else what has left would keep what comes later from being collected
    this.#count--;
    entry.place = undefined;
  }

  /** Milliseconds; 0 when nothing waits. */
  oldestMs(): number {
    const now = this.#clock.monotonic();
    const timedSince = (this.#timedSince ??= now);
    const since = this.#queue.size > this.#count ? timedSince : (this.#oldest?.since ?? now);
    return Math.max(0, now - since); // a test framework may put back the clock
  }

  #sharedNow(): number {
    if (this.#now === undefined) {
      this.#now = this.#clock.monotonic();
      void soon.then(this.#timePasses);
    }
    return this.#now;
  }
}
