import type { EventQueue } from '../queue/event-queue.ts';
import type { Clock } from '../timing/clock.ts';

/** Waiting events that were accepted in one go, among all such groups in the order of their time. */
export interface WaitingGroup {
  /** Monotonic. */
  readonly since: number;
  waiting: number;
  older: WaitingGroup | undefined;
  newer: WaitingGroup | undefined;
}

/** What waits: an event in the queue. */
export interface Waiting {
  /** While it waits, once somebody has asked how long events do. */
  group: WaitingGroup | undefined;
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
  #oldest: WaitingGroup | undefined = undefined;
  #newest: WaitingGroup | undefined = undefined;
  /** What is accepted now belongs to it. */
  #present: WaitingGroup | undefined = undefined;
  #count = 0;
  readonly #timePasses = (): void => {
    this.#present = undefined;
  };

  constructor(queue: EventQueue, clock: Clock) {
    this.#queue = queue;
    this.#clock = clock;
  }

  /** It was accepted. */
  enter(entry: Waiting): void {
    if (this.#timedSince === undefined) return;
    this.#present ??= this.#begin();
    this.#present.waiting++;
    this.#count++;
    entry.group = this.#present;
  }

  /** Its dispatch begins, or it was dropped. May be called again. */
  leave(entry: Waiting): void {
    const { group } = entry;
    if (!group) return;
    entry.group = undefined;
    this.#count--;
    group.waiting--;
    if (group.waiting === 0) this.#forget(group);
  }

  /** Milliseconds; 0 when nothing waits. */
  oldestMs(): number {
    const now = this.#clock.monotonic();
    const timedSince = (this.#timedSince ??= now);
    const since = this.#queue.size > this.#count ? timedSince : (this.#oldest?.since ?? now);
    return Math.max(0, now - since); // a test framework may put back the clock
  }

  #begin(): WaitingGroup {
    const older = this.#newest;
    const since = this.#clock.monotonic();
    const group: WaitingGroup = { since, waiting: 0, older, newer: undefined };
    if (older) older.newer = group;
    else this.#oldest = group;
    this.#newest = group;
    void soon.then(this.#timePasses);
    return group;
  }

  #forget(group: WaitingGroup): void {
    const { older, newer } = group;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
    group.newer = undefined; // else what is gone would keep what comes later from being collected
    if (group === this.#present) this.#present = undefined;
  }
}
