import type { Clock } from '@llmgine/core/timing';

/** Knows whether there were too many failures lately. */
export interface FailureWindow {
  succeeded(): void;
  /** True: that was one too many. */
  failed(): boolean;
  /** Failures in the window, as far as they matter. */
  readonly failures: number;
  clear(): void;
}

/** Trips at so many failures within the window. Remembers the latest ones only, and successes cost nothing. */
export function createCountWindow(
  threshold: number,
  windowMs: number,
  clock: Clock,
): FailureWindow {
  const failedAt: number[] = [];
  let oldest = 0;

  return {
    succeeded() {},
    failed() {
      const now = clock.monotonic();
      if (failedAt.length < threshold) failedAt.push(now);
      else {
        failedAt[oldest] = now;
        oldest = (oldest + 1) % threshold;
      }
      return failedAt.length === threshold && now - failedAt[oldest]! < windowMs;
    },
    get failures() {
      const now = clock.monotonic();
      return failedAt.filter((at) => now - at < windowMs).length;
    },
    clear() {
      failedAt.length = 0;
      oldest = 0;
    },
  };
}

/** What happened in one part of the window. */
interface Slot {
  /** Which part of all time. */
  index: number;
  calls: number;
  failures: number;
}

const SLOTS = 10;
/** Of a slot that is outside any window, however young the clock. */
const NEVER = Number.NEGATIVE_INFINITY;

/** When a share of failures is too large. */
export interface FailureRateRule {
  readonly failureRate: number;
  readonly minimumCalls: number;
  readonly windowMs: number;
}

/** Trips when the share of failures is too large, once there were enough calls to tell. Slides in tenths. */
export function createRateWindow(rule: FailureRateRule, clock: Clock): FailureWindow {
  const slotMs = rule.windowMs / SLOTS;
  const slots: Slot[] = Array.from({ length: SLOTS }, () => ({
    index: NEVER,
    calls: 0,
    failures: 0,
  }));

  return {
    succeeded() {
      currentSlot().calls++;
    },
    failed() {
      const slot = currentSlot();
      slot.calls++;
      slot.failures++;
      const { calls, failures } = total();
      return calls >= rule.minimumCalls && failures / calls >= rule.failureRate;
    },
    get failures() {
      return total().failures;
    },
    clear() {
      for (const slot of slots) slot.index = NEVER;
    },
  };

  function currentIndex(): number {
    return Math.floor(clock.monotonic() / slotMs);
  }

  function currentSlot(): Slot {
    const index = currentIndex();
    const slot = slots[index % SLOTS]!;
    if (slot.index !== index) {
      slot.index = index;
      slot.calls = 0;
      slot.failures = 0;
    }
    return slot;
  }

  function total(): { calls: number; failures: number } {
    const first = currentIndex() - SLOTS;
    const sum = { calls: 0, failures: 0 };
    for (const { index, calls, failures } of slots) {
      if (index <= first) continue;
      sum.calls += calls;
      sum.failures += failures;
    }
    return sum;
  }
}
