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
  const { clock = systemClock } = options;
  const startedAt = clock.monotonic();
  let usage: Usage | undefined;
  let calls = 0;
  let settled = 0;
  let reservedTokens = 0;

  return {
    reserve,
    get usage() {
      return usage ?? {};
    },
    get calls() {
      return calls;
    },
  };

  function reserve(estimatedTokens = 0): BudgetReservation {
    check('maxCalls', calls);
    check('maxMs', clock.monotonic() - startedAt);
    check('maxTokens', settled === 0 ? 0 : totalOf(usage), reservedTokens + estimatedTokens);
    check('maxCost', settled === 0 ? 0 : usage?.cost);
    calls += 1;
    reservedTokens += estimatedTokens;
    return reservation(estimatedTokens);
  }

  /** `wanted` may fill what is left exactly; without it something must be left. */
  function check(limit: BudgetLimit, used: number | undefined, wanted = 0): void {
    const allowed = options[limit];
    if (allowed === undefined) return;
    if (used === undefined || used >= allowed || used + wanted > allowed) {
      throw new BudgetExceededError(limit, allowed, used);
    }
  }

  function reservation(tokens: number): BudgetReservation {
    let open = true;
    return {
      settle(used) {
        if (!open) return;
        open = false;
        reservedTokens -= tokens;
        usage = addUsage(usage, used);
        settled += 1;
      },
      release() {
        if (!open) return;
        open = false;
        reservedTokens -= tokens;
        calls -= 1;
      },
    };
  }
}

function totalOf(usage: Usage | undefined): number | undefined {
  if (usage?.totalTokens !== undefined) return usage.totalTokens;
  const { inputTokens, outputTokens } = usage ?? {};
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
