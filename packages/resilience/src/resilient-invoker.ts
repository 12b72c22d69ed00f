import {
  CommandCancelledError,
  CommandTimeoutError,
  failed,
  toError,
  toErrorData,
  type CommandCall,
  type CommandInvoker,
  type CommandMessage,
  type CommandResult,
} from '@llmgine/core';
import type { Bulkhead } from './bulkhead.ts';
import type { Circuit, Circuits } from './circuits.ts';
import { DeadLetterCommandEvent } from './dead-letter/dead-letter-command-event.ts';
import type { DeadLetterQueue } from './dead-letter/dead-letter-queue.ts';
import type { RateLimiter, Reservation } from './rate-limiter.ts';
import { recover, type Attempt, type FailedAttempt } from './retry/recovery.ts';
import type { RetryPolicy } from './retry/retry-policy.ts';
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

/** What the invoker brings together. */
export interface ResilientInvokerParts {
  readonly policy: RetryPolicy;
  readonly circuits: Circuits;
  readonly circuitKeyOf: (command: CommandMessage) => string;
  readonly deadLetters: DeadLetterQueue;
  readonly bulkhead: CommandBulkhead | undefined;
  readonly rateLimiter: CommandRateLimiter | undefined;
  readonly wiring: Wiring;
}

type Invoke = Parameters<CommandInvoker>[1];

/** Calls handlers with everything round them. The one place where retry, breakers and dead letters meet. */
export function createResilientInvoker(parts: ResilientInvokerParts): CommandInvoker {
  const { policy, circuits, circuitKeyOf, deadLetters, wiring } = parts;
  const { clock, signals } = wiring;
  const { firstTimeoutMs } = policy;
  const isGuarded = parts.bulkhead !== undefined || parts.rateLimiter !== undefined;

  return Object.assign(invokeResiliently, {
    retries: true,
    reset: () => circuits.reset(),
    flush: () => deadLetters.flush(),
  });

  async function invokeResiliently(call: CommandCall, invoke: Invoke): Promise<CommandResult> {
    const circuit = circuits.for(circuitKeyOf(call.command));
    if (circuit.budget) circuit.budget.calls++;
    const startedAt = clock.monotonic();
    const attempting: Attempting = { call, circuit, invoke, startedAt };
    const first = await (isGuarded
      ? attemptGuarded(attempting, 1, firstTimeoutMs)
      : attemptThroughBreaker(attempting, 1, firstTimeoutMs));
    return first.success ? (first as CommandResult) : recoverCommand(attempting, first);
  }

  function attemptOnce(
    attempting: Attempting,
    attempt: number,
    timeoutMs: number | undefined,
  ): Promise<Attempt<unknown>> {
    return isGuarded
      ? attemptGuarded(attempting, attempt, timeoutMs)
      : attemptThroughBreaker(attempting, attempt, timeoutMs);
  }

  async function attemptThroughBreaker(
    { circuit: { breaker }, invoke }: Attempting,
    attempt: number,
    timeoutMs: number | undefined,
  ): Promise<Attempt<unknown>> {
    const permit = breaker?.enter();
    if (breaker && !permit) return { success: false, error: breaker.refusal(), refused: true };
    const result = await invoke(attempt, timeoutMs === undefined ? undefined : { timeoutMs });
    if (result.success) breaker?.succeeded(permit!);
    else breaker?.failed(permit!, result.error);
    return result;
  }

  /** Bulkhead outside, so that nobody who waits for a slot holds an allowance; limiter inside it. */
  async function attemptGuarded(
    attempting: Attempting,
    attempt: number,
    timeoutMs: number | undefined,
  ): Promise<Attempt<unknown>> {
    const { command, context } = attempting.call;
    const limited = (): Promise<Attempt<unknown>> =>
      attemptLimited(attempting, () => attemptThroughBreaker(attempting, attempt, timeoutMs));
    if (!parts.bulkhead) return limited();
    try {
      const { bulkhead, keyOf } = parts.bulkhead;
      return await bulkhead.run(limited, { key: keyOf(command), signal: context.signal });
    } catch (refused) {
      return { success: false, error: toError(refused), refused: true };
    }
  }

  async function attemptLimited(
    { call: { command, context } }: Attempting,
    run: () => Promise<Attempt<unknown>>,
  ): Promise<Attempt<unknown>> {
    if (!parts.rateLimiter) return run();
    const { limiter, keyOf, tokensOf, usedTokensOf } = parts.rateLimiter;
    const tokens = tokensOf(command);
    let reservation: Reservation;
    try {
      reservation = await limiter.reserve({ key: keyOf(command), tokens, signal: context.signal });
    } catch (refused) {
      return { success: false, error: toError(refused), refused: true };
    }
    const outcome = await run();
    if (outcome.success && usedTokensOf) {
      const used = askCallback(wiring, () => usedTokensOf(outcome.result, command), {
        callback: 'rateLimiter.usedTokens',
        otherwise: tokens,
      });
      reservation.settle(used);
    } else reservation.settle(isRefused(outcome) ? 0 : tokens);
    return outcome;
  }

  async function recoverCommand(
    attempting: Attempting,
    first: FailedAttempt,
  ): Promise<CommandResult> {
    const { call, circuit, startedAt } = attempting;
    const { command, definition, context } = call;
    const { outcome, attempts, givenUp } = await recover(
      {
        once: !definition.retry,
        startedAt,
        signal: () => context.signal,
        attempt: (attempt, timeoutMs) => attemptOnce(attempting, attempt, timeoutMs),
        timedOut: (timeoutMs, cause) => new CommandTimeoutError(command.type, timeoutMs, { cause }),
        aborted: (reason, cause) => abortError(command, reason, cause),
        retrying: (attempt, delayMs, error) => reportRetry(command, { attempt, delayMs, error }),
      },
      first,
      { policy, budget: circuit.budget, clock },
    );
    if (outcome.success) return outcome as CommandResult;

    if (givenUp && attempts > 0) {
      const firstAttemptAt = clock.now() - (clock.monotonic() - startedAt);
      const letter = { message: command, error: outcome.error, attempts, reason: givenUp };
      const added = await deadLetters.add({
        ...letter,
        firstAttemptAt: Math.floor(firstAttemptAt),
      });
      if (added) publishDeadLetter(call, letter);
    }
    return failed(outcome.error, command.id);
  }

  function reportRetry(
    command: CommandMessage,
    retry: { readonly attempt: number; readonly delayMs: number; readonly error: Error },
  ): void {
    if (!signals.wants('command.retried')) return;
    signals.emit({ type: 'command.retried', at: clock.now(), command, ...retry });
  }
}

/** One command and what it takes to attempt it. */
interface Attempting {
  readonly call: CommandCall;
  readonly circuit: Circuit;
  readonly invoke: Invoke;
  /** Monotonic. */
  readonly startedAt: number;
}

function isRefused(outcome: Attempt<unknown>): boolean {
  return !outcome.success && outcome.refused === true;
}

/** The bus has said already how it ended; what it said is kept where it says more. */
function abortError(command: CommandMessage, reason: unknown, cause: Error): Error {
  if (cause instanceof CommandTimeoutError || cause instanceof CommandCancelledError) return cause;
  return reason instanceof CommandTimeoutError
    ? new CommandTimeoutError(command.type, reason.timeoutMs, { cause })
    : new CommandCancelledError(command.type, reason, { cause });
}

/** Nothing loops: of what an event of the bus's own has caused, no such event is made. */
function publishDeadLetter(
  { context }: CommandCall,
  {
    message,
    error,
    attempts,
    reason,
  }: {
    readonly message: CommandMessage;
    readonly error: Error;
    readonly attempts: number;
    readonly reason: 'exhausted' | 'policy' | 'deadline' | 'stopped';
  },
): void {
  if (context.causedByBus) return;
  const data = {
    commandType: message.type,
    commandId: message.id,
    error: toErrorData(error),
    attempts,
    reason,
  };
  const event = DeadLetterCommandEvent(data, { sessionId: message.sessionId });
  context.publish(event, { awaitProcessing: false }).catch(() => {}); // the bus or the session may have ended
}
