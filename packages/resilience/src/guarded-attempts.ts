import { toError, type CommandCall, type CommandInvoker, type CommandMessage } from '@llmgine/core';
import type { Bulkhead } from './bulkhead.ts';
import type { Circuit } from './circuits.ts';
import type { RateLimiter, Reservation } from './rate-limiter.ts';
import type { Attempt } from './retry/recovery.ts';
import { askCallback, type Wiring } from './wiring.ts';

/** A bulkhead, and which commands share its slots. */
export interface CommandBulkhead {
  readonly bulkhead: Bulkhead;
  readonly keyOf: (command: CommandMessage) => string;
}

/** A limiter, and what commands cost. */
export interface CommandRateLimiter {
  readonly limiter: RateLimiter;
  readonly keyOf: (command: CommandMessage) => string;
  readonly tokensOf: (command: CommandMessage) => number;
  readonly usedTokensOf: ((result: unknown, command: CommandMessage) => number) | undefined;
}

/** One command and what it takes to attempt it. */
export interface Attempting {
  readonly call: CommandCall;
  readonly circuit: Circuit;
  readonly invoke: Parameters<CommandInvoker>[1];
  /** Monotonic. */
  readonly startedAt: number;
}

/** What stands between a command and its handler. */
export interface GuardedAttemptsParts {
  readonly bulkhead: CommandBulkhead | undefined;
  readonly rateLimiter: CommandRateLimiter | undefined;
  readonly wiring: Wiring;
}

/** Single attempts at commands, through bulkhead, limiter and breaker. None rejects. */
export class GuardedAttempts {
  readonly #bulkhead: CommandBulkhead | undefined;
  readonly #rateLimiter: CommandRateLimiter | undefined;
  readonly #wiring: Wiring;

  constructor({ bulkhead, rateLimiter, wiring }: GuardedAttemptsParts) {
    this.#bulkhead = bulkhead;
    this.#rateLimiter = rateLimiter;
    this.#wiring = wiring;
  }

  /** Bulkhead outside, so that nobody who waits for a slot holds an allowance; limiter inside it. */
  attempt(
    attempting: Attempting,
    attempt: number,
    timeoutMs: number | undefined,
  ): Promise<Attempt<unknown>> {
    const call = (): Promise<Attempt<unknown>> => throughBreaker(attempting, attempt, timeoutMs);
    if (this.#bulkhead) return this.#inSlot(attempting, () => this.#limited(attempting, call));
    return this.#rateLimiter
      ? this.#limited(attempting, call)
      : throughBreaker(attempting, attempt, timeoutMs);
  }

  async #inSlot(
    { call: { command, context } }: Attempting,
    run: () => Promise<Attempt<unknown>>,
  ): Promise<Attempt<unknown>> {
    const { bulkhead, keyOf } = this.#bulkhead!; // asked for before
    try {
      return await bulkhead.run(run, { key: keyOf(command), signal: context.signal });
    } catch (refused) {
      return refusal(refused);
    }
  }

  async #limited(
    { call: { command, context } }: Attempting,
    run: () => Promise<Attempt<unknown>>,
  ): Promise<Attempt<unknown>> {
    if (!this.#rateLimiter) return run();
    const { limiter, keyOf, tokensOf } = this.#rateLimiter;
    const tokens = tokensOf(command);
    let reservation: Reservation;
    try {
      reservation = await limiter.reserve({ key: keyOf(command), tokens, signal: context.signal });
    } catch (refused) {
      return refusal(refused);
    }
    const outcome = await run();
    reservation.settle(this.#usedTokens(command, outcome, tokens));
    return outcome;
  }

  #usedTokens(command: CommandMessage, outcome: Attempt<unknown>, reserved: number): number {
    if (!outcome.success) return outcome.refused ? 0 : reserved;
    const usedTokensOf = this.#rateLimiter?.usedTokensOf;
    if (!usedTokensOf) return reserved;
    return askCallback(this.#wiring, () => usedTokensOf(outcome.result, command), {
      callback: 'rateLimiter.usedTokens',
      otherwise: reserved,
    });
  }
}

async function throughBreaker(
  { circuit: { breaker }, invoke }: Attempting,
  attempt: number,
  timeoutMs: number | undefined,
): Promise<Attempt<unknown>> {
  const permit = breaker?.enter();
  if (breaker && !permit) return { success: false, error: breaker.refusal(), refused: true };
  const result = await invoke(attempt, timeoutMs === undefined ? undefined : { timeoutMs });
  if (result.success) breaker?.succeeded(permit!); // where there is a breaker there is a permit
  else breaker?.failed(permit!, result.error); // as above
  return result;
}

function refusal(thrown: unknown): Attempt<never> {
  return { success: false, error: toError(thrown), refused: true };
}
