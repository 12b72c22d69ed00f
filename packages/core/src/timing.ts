export { MAX_TIMER_MS, type Clock } from './timing/clock.ts';
export { sleep, type SleepOptions } from './timing/sleep.ts';
export { systemClock } from './timing/system-clock.ts';
