import { AsyncResource } from 'node:async_hooks';
import type { Clock } from '@llmgine/core/timing';

/** A clock that moves only when told to. */
export interface FakeClock extends Clock {
  /** Moves time on and calls the timers that fall due, in order. */
  advance(durationMs: number): void;
  /** The same, letting promises and I/O settle before, between and after the timers. */
  advanceAsync(durationMs: number): Promise<void>;
  /** Sets the wall clock, as a person or a time server would; monotonic time does not move. */
  setNow(now: number): void;
  /** Timers that wait. */
  readonly pendingTimers: number;
}

interface Timer {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
}

/** How many turns of the event loop count as everything having settled. */
const SETTLING_TURNS = 3;

/** Makes a clock that starts at `now` (epoch milliseconds, default 1,000,000). */
export function createFakeClock({ now = 1_000_000 }: { readonly now?: number } = {}): FakeClock {
  return new ManualClock(now);
}

class ManualClock implements FakeClock {
  readonly #timers = new Set<Timer>();
  #monotonic = 0;
  #wallAhead: number;
  #order = 0;

  constructor(now: number) {
    this.#wallAhead = now;
  }

  // Arrow functions, since a clock is often taken apart: `const { now } = clock`.
  readonly now = (): number => Math.floor(this.#wallAhead + this.#monotonic);
  readonly monotonic = (): number => this.#monotonic;
  readonly yieldToIo = nextTurn;

  get pendingTimers(): number {
    return this.#timers.size;
  }

  setTimer(callback: () => void, delayMs: number): Disposable {
    const dueAt = this.#monotonic + Math.max(delayMs, 0);
    // As with the timers of the platform: called in the async context they were set in.
    const timer = { dueAt, order: this.#order++, callback: AsyncResource.bind(callback) };
    this.#timers.add(timer);
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) };
  }

  setNow(now: number): void {
    this.#wallAhead = now - this.#monotonic;
  }

  advance(durationMs: number): void {
    const target = this.#monotonic + durationMs;
    for (let timer = this.#next(target); timer; timer = this.#next(target)) this.#fire(timer);
    this.#monotonic = target;
  }

  async advanceAsync(durationMs: number): Promise<void> {
    const target = this.#monotonic + durationMs;
    await settled();
    for (let timer = this.#next(target); timer; timer = this.#next(target)) {
      this.#fire(timer);
      await settled();
    }
    this.#monotonic = target;
    await settled();
  }

  #next(target: number): Timer | undefined {
    const due = [...this.#timers].filter(({ dueAt }) => dueAt <= target);
    return due.toSorted((one, other) => one.dueAt - other.dueAt || one.order - other.order)[0];
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#monotonic = Math.max(this.#monotonic, timer.dueAt);
    timer.callback();
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < SETTLING_TURNS; turn++) await nextTurn();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
