import type { OptionChecker, OptionNames } from '@llmgine/core';
import type { Clock } from '@llmgine/core/timing';

/** How many retries there may be beside the calls. */
export interface RetryBudgetOptions {
  /**
   * Retries as a share of recent calls.
   * @default 0.2
   */
  readonly ratio?: number | undefined;
  /**
   * Retries that are always allowed, so that a quiet program may retry too.
   * @default 10
   */
  readonly minPerSecond?: number | undefined;
}

const SLOT_MS = 1_000;
const SLOTS = 10;

interface Slot {
  index: number;
  calls: number;
  retries: number;
}

/**
 * Stops retry storms: when most calls fail, trying all of them again multiplies the load on what is failing.
 * Counts over ten seconds. A call costs one addition; the clock is only read for retries, and the calls since the one
 * before are taken as evenly spread.
 */
export class RetryBudget {
  /** To be counted up by one for every call. */
  calls = 0;
  readonly #ratio: number;
  readonly #minimum: number;
  readonly #clock: Clock;
  readonly #slots: Slot[] = Array.from({ length: SLOTS }, () => ({
    index: -1,
    calls: 0,
    retries: 0,
  }));
  #lookedAt: number;

  constructor({ ratio = 0.2, minPerSecond = 10 }: RetryBudgetOptions, clock: Clock) {
    this.#ratio = ratio;
    this.#minimum = (minPerSecond * SLOTS * SLOT_MS) / 1_000;
    this.#clock = clock;
    this.#lookedAt = clock.monotonic();
  }

  /** Takes one retry out of the budget, if it is there. */
  tryTake(): boolean {
    const now = this.#clock.monotonic();
    const slot = this.#slotAt(now);
    slot.calls += this.#recentCalls(now);
    const { calls, retries } = this.#total(slot.index);
    if (retries + 1 > Math.max(this.#minimum, calls * this.#ratio)) return false;
    slot.retries++;
    return true;
  }

  /** The calls since the last look, as far as they are recent. */
  #recentCalls(now: number): number {
    const elapsedMs = now - this.#lookedAt;
    const recent = this.calls * Math.min(1, (SLOTS * SLOT_MS) / (elapsedMs || 1));
    this.calls = 0;
    this.#lookedAt = now;
    return recent;
  }

  #slotAt(now: number): Slot {
    const index = Math.floor(now / SLOT_MS);
    const slot = this.#slots[index % SLOTS]!;
    if (slot.index !== index) {
      slot.index = index;
      slot.calls = 0;
      slot.retries = 0;
    }
    return slot;
  }

  #total(latest: number): { calls: number; retries: number } {
    const sum = { calls: 0, retries: 0 };
    for (const { index, calls, retries } of this.#slots) {
      if (index <= latest - SLOTS) continue;
      sum.calls += calls;
      sum.retries += retries;
    }
    return sum;
  }
}

const optionNames: OptionNames<RetryBudgetOptions> = { ratio: true, minPerSecond: true };

/** Notes what is wrong with the options. */
export function checkRetryBudget(
  check: OptionChecker,
  given: RetryBudgetOptions | false | undefined,
  name: string,
): void {
  if (given === false) return;
  const budget = check.options(given, optionNames, name);
  check.number(`${name}.ratio`, budget.ratio, { min: 0, infinite: true });
  check.number(`${name}.minPerSecond`, budget.minPerSecond, { min: 0, infinite: true });
}
