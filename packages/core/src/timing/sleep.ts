import type { Clock } from './clock.ts';
import { systemClock } from './system-clock.ts';

/** How to wait. */
export interface SleepOptions {
  /** Ends the wait early. */
  readonly signal?: AbortSignal | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** Waits. Resolves to true after `delayMs`, to false at once when the signal aborts. A delay of zero needs no timer. */
export function sleep(
  delayMs: number,
  { signal, clock = systemClock }: SleepOptions = {},
): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  if (delayMs <= 0) return Promise.resolve(true);

  return new Promise((resolve) => {
    const dueAt = clock.monotonic() + delayMs;
    let timer = clock.setTimer(tick, delayMs);
    signal?.addEventListener('abort', cancelled, { once: true });

    // A timer holds at most 24.8 days, and may fire a fraction of a millisecond early.
    function tick(): void {
      const remainingMs = dueAt - clock.monotonic();
      if (remainingMs > 0) {
        timer = clock.setTimer(tick, remainingMs);
        return;
      }
      signal?.removeEventListener('abort', cancelled);
      resolve(true);
    }

    function cancelled(): void {
      timer[Symbol.dispose]();
      resolve(false);
    }
  });
}
