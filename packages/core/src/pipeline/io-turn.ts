import type { Clock } from '../timing/clock.ts';

/** After so many events, or so long, without a turn of the event loop, timers and sockets come first. */
const EVENTS_PER_TURN = 256;
const MS_PER_TURN = 2;
/** The first events of a turn are timed one by one, later ones now and then: a clock read costs as much as a dispatch. */
const TIMED_ONE_BY_ONE = 8;
const TIMED_EVERY = 16;

/** Sees to it that a flood of events never starves timers and sockets. */
export class IoTurn {
  readonly #clock: Clock;
  #events = 0;
  #startedAt = 0;
  #ends: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts an event. False: wait for `ends` first. */
  mayGoOn(): boolean {
    this.#events++;
    if (!this.#ends) this.#begin();
    else if (this.#events > EVENTS_PER_TURN) return false;
    else if (this.#events <= TIMED_ONE_BY_ONE || this.#events % TIMED_EVERY === 0) {
      return this.#clock.monotonic() - this.#startedAt < MS_PER_TURN;
    }
    return true;
  }

  /** Resolves when timers and sockets have had their turn. */
  get ends(): Promise<void> {
    return this.#ends ?? Promise.resolve();
  }

  #begin(): void {
    this.#startedAt = this.#clock.monotonic();
    this.#ends = this.#clock.yieldToIo().then(() => {
      this.#ends = undefined;
      this.#events = 0;
    });
  }
}
