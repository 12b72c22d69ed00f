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
  const timers = new Set<Timer>();
  let monotonic = 0;
  let wallAhead = now;
  let order = 0;

  return {
    now: () => Math.floor(wallAhead + monotonic),
    monotonic: () => monotonic,
    setTimer(callback, delayMs) {
      const timer = { dueAt: monotonic + Math.max(delayMs, 0), order: order++, callback };
      timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
    yieldToIo: nextTurn,
    advance(durationMs) {
      const target = monotonic + durationMs;
      for (let timer = nextTimer(target); timer; timer = nextTimer(target)) fire(timer);
      monotonic = target;
    },
    async advanceAsync(durationMs) {
      const target = monotonic + durationMs;
      await settled();
      for (let timer = nextTimer(target); timer; timer = nextTimer(target)) {
        fire(timer);
        await settled();
      }
      monotonic = target;
      await settled();
    },
    setNow(next) {
      wallAhead = next - monotonic;
    },
    get pendingTimers() {
      return timers.size;
    },
  };

  function nextTimer(target: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueAt > target) continue;
      if (
        !next ||
        timer.dueAt < next.dueAt ||
        (timer.dueAt === next.dueAt && timer.order < next.order)
      ) {
        next = timer;
      }
    }
    return next;
  }

  function fire(timer: Timer): void {
    timers.delete(timer);
    monotonic = Math.max(monotonic, timer.dueAt);
    timer.callback();
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < SETTLING_TURNS; turn++) await nextTurn();
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
