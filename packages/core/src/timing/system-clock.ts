import { MAX_TIMER_MS, type Clock } from './clock.ts';

/** The global name is looked up by a function, which costs as much as half a reading. */
const ownPerformance = performance;
const ownSetTimeout = setTimeout;

/** The clock of the machine, or of a test framework that has put its own timers in the place of the machine's. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => (setTimeout === ownSetTimeout ? ownPerformance : performance).now(),
  setTimer(callback, delayMs) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_TIMER_MS));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  yieldToIo: () => new Promise((resolve) => setImmediate(resolve)),
};
