import type { AsyncResource } from 'node:async_hooks';
import { MAX_TIMER_MS, type Clock } from '../timing/clock.ts';

/** How often a long wait looks whether the wall clock was set, without asking the store. */
const LOOK_EVERY_MS = 60_000;
/** A wall clock that ran ahead of or behind monotonic time by more than this was set. */
const DRIFT_MS = 500;

/** One timer for the next due event, however far away, right also when the wall clock is set. */
export class DueTimer {
  readonly #clock: Clock;
  readonly #rootContext: AsyncResource;
  readonly #due: () => void;
  #timer: Disposable | undefined;
  #dueAt = Infinity;
  #wallAhead = 0;

  constructor(clock: Clock, rootContext: AsyncResource, due: () => void) {
    this.#clock = clock;
    this.#rootContext = rootContext;
    this.#due = due;
  }

  /** Whether a wait of this length would end before the present one. */
  isEarlier(delayMs: number): boolean {
    return this.#clock.monotonic() + delayMs < this.#dueAt;
  }

  /** Waits anew; a wait that ends earlier stays. */
  set(delayMs: number): void {
    if (this.#timer && !this.isEarlier(delayMs)) return;
    this.#timer?.[Symbol.dispose]();
    this.#dueAt = this.#clock.monotonic() + delayMs;
    this.#wallAhead = this.#clock.now() - this.#clock.monotonic();
    this.#arm();
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#dueAt = Infinity;
  }

  #arm(): void {
    const remainingMs = Math.max(0, this.#dueAt - this.#clock.monotonic());
    const delayMs = Math.min(remainingMs, LOOK_EVERY_MS, MAX_TIMER_MS);
    this.#timer = this.#rootContext.runInAsyncScope(() =>
      this.#clock.setTimer(() => this.#look(), delayMs),
    );
  }

  #look(): void {
    const monotonic = this.#clock.monotonic();
    const wasSet = Math.abs(this.#clock.now() - monotonic - this.#wallAhead) > DRIFT_MS;
    if (monotonic < this.#dueAt && !wasSet) return this.#arm();
    this.stop();
    this.#due();
  }
}
