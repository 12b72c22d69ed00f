import { InvalidOptionsError } from '@llmgine/core';
import { systemClock, type Clock } from '@llmgine/core/timing';
import { BudgetExceededError, type BudgetLimit } from './errors.ts';
import { addUsage, type Usage } from './usage.ts';

/** How much model calls may use together. */
export interface BudgetOptions {
  /** Input and output tokens. */
  readonly maxTokens?: number | undefined;
  /** In US dollars. */
  readonly maxCost?: number | undefined;
  readonly maxCalls?: number | undefined;
  /** Since the budget was made. */
  readonly maxMs?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** A place in the budget, taken before a call. */
export interface BudgetReservation {
  /** Says what the call used. Doing so again changes nothing. */
  settle(usage: Usage): void;
  /** Gives the place back: the call used nothing. */
  release(): void;
}

/** What is left of an allowance for model calls. */
export interface Budget {
  /**
   * Takes a place for one call of about `estimatedTokens`.
   * @throws BudgetExceededError when there is none, or when an earlier call did not say what it used
   */
  reserve(estimatedTokens?: number): BudgetReservation;
  /** What settled calls used together. */
  readonly usage: Usage;
  readonly calls: number;
}

/**
 * Makes an allowance for model calls that is reserved before each call, settled after it, and fails closed.
 * @throws InvalidOptionsError
 */
export function budget(options: BudgetOptions): Budget {
  checkOptions(options);
  return new Allowance(options);
}

class Allowance implements Budget {
  readonly #options: BudgetOptions;
  readonly #clock: Clock;
  readonly #startedAt: number;
  #usage: Usage | undefined;
  #calls = 0;
  #reservedTokens = 0;

  constructor(options: BudgetOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#startedAt = this.#clock.monotonic();
  }

  get usage(): Usage {
    return this.#usage ?? {};
  }

  get calls(): number {
    return this.#calls;
  }

  reserve(estimatedTokens = 0): BudgetReservation {
    const usage = this.#usage;
    this.#check('maxCalls', this.#calls);
    this.#check('maxMs', this.#clock.monotonic() - this.#startedAt);
    this.#check('maxTokens', usage ? totalOf(usage) : 0, this.#reservedTokens + estimatedTokens);
    this.#check('maxCost', usage ? usage.cost : 0);
    this.#calls += 1;
    this.#reservedTokens += estimatedTokens;
    return this.#reservation(estimatedTokens);
  }

  /** `wanted` may fill what is left exactly; without it something must be left. */
  #check(limit: BudgetLimit, used: number | undefined, wanted = 0): void {
    const allowed = this.#options[limit];
    if (allowed === undefined) return;
    if (used === undefined || used >= allowed || used + wanted > allowed) {
      throw new BudgetExceededError(limit, allowed, used);
    }
  }

  #reservation(tokens: number): BudgetReservation {
    let open = true;
    const close = (): boolean => {
      const wasOpen = open;
      open = false;
      if (wasOpen) this.#reservedTokens -= tokens;
      return wasOpen;
    };
    return {
      settle: (used) => {
        if (close()) this.#usage = addUsage(this.#usage, used);
      },
      release: () => {
        if (close()) this.#calls -= 1;
      },
    };
  }
}

function totalOf(usage: Usage): number | undefined {
  if (usage.totalTokens !== undefined) return usage.totalTokens;
  const { inputTokens, outputTokens } = usage;
  return inputTokens === undefined || outputTokens === undefined
    ? undefined
    : inputTokens + outputTokens;
}

function checkOptions(options: BudgetOptions): void {
  const problems = (['maxTokens', 'maxCost', 'maxCalls', 'maxMs'] as const)
    .filter((key) => options[key] !== undefined && !(options[key] > 0))
    .map((key) => `${key} must be a positive number, got ${String(options[key])}`);
  if (problems.length > 0) throw new InvalidOptionsError('create budget', problems);
}
