import type { Clock } from '../timing/clock.ts';

/** How long wall-clock time may be reckoned from monotonic time before it is read again. */
const REREAD_MS = 100;

/** Gives signals their instants and durations with one clock read each: instants are reckoned from monotonic time. */
export class SignalTime {
  readonly #clock: Clock;
  #readAt = Number.NEGATIVE_INFINITY;
  #wallAhead = 0;
  #carried: number | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  /** The end of one thing is the start of what is begun at once after it: its time need not be read again. */
  carry(monotonic: number): void {
    this.#carried = monotonic;
  }

  /** The carried time, once, or else the time now. */
  monotonicOrCarried(): number {
    const carried = this.#carried;
    if (carried === undefined) return this.#clock.monotonic();
    this.#carried = undefined;
    return carried;
  }

  dropCarried(): void {
    this.#carried = undefined;
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
