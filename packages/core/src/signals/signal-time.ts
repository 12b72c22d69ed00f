import type { Clock } from '../timing/clock.ts';

/** How long wall-clock time may be reckoned from monotonic time before it is read again. */
const REREAD_MS = 100;

/** Gives signals their instants and durations with one clock read each: instants are reckoned from monotonic time. */
export class SignalTime {
  readonly #clock: Clock;
  #readAt = Number.NEGATIVE_INFINITY;
  #wallAhead = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  /** Epoch milliseconds at a monotonic moment just read. */
  at(monotonic: number): number {
    if (monotonic - this.#readAt >= REREAD_MS) {
      this.#readAt = monotonic;
      this.#wallAhead = this.#clock.now() - monotonic;
    }
    return Math.floor(monotonic + this.#wallAhead);
  }

  now(): number {
    return this.#clock.now();
  }
}
