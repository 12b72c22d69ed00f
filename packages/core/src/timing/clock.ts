/** Where time comes from. Durations, windows and waits use `monotonic`, instants use `now`. */
export interface Clock {
  /** Epoch milliseconds; jumps when the clock is set. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Calls once after a delay (at most 2^31-1 ms; longer delays are cut to that). Disposing cancels. */
  setTimer(callback: () => void, delayMs: number): Disposable;
  /** Resolves after timers and sockets had a turn. */
  yieldToIo(): Promise<void>;
}

/** The longest delay a timer of the platform can hold. */
export const MAX_TIMER_MS: number = 2 ** 31 - 1;
