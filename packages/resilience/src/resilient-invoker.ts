import {
  CommandCancelledError,
  CommandTimeoutError,
  failed,
  toErrorData,
  type CommandCall,
  type CommandInvoker,
  type CommandMessage,
  type CommandResult,
} from '@llmgine/core';
import type { Circuits } from './circuits.ts';
import { DeadLetterCommandEvent } from './dead-letter/dead-letter-command-event.ts';
import type { DeadLetterQueue } from './dead-letter/dead-letter-queue.ts';
import type { Attempting, GuardedAttempts } from './guarded-attempts.ts';
import {
  recover,
  type FailedAttempt,
  type GivenUpReason,
  type Recoverable,
} from './retry/recovery.ts';
import type { RetryPolicy } from './retry/retry-policy.ts';
import type { Wiring } from './wiring.ts';

/** What the invoker brings together. */
export interface ResilientInvokerParts {
  readonly policy: RetryPolicy;
  readonly circuits: Circuits;
  readonly circuitKeyOf: (command: CommandMessage) => string;
  readonly attempts: GuardedAttempts;
  readonly deadLetters: DeadLetterQueue;
  readonly wiring: Wiring;
}

/** Calls handlers with everything round them. The one place where retry, breakers and dead letters meet. */
export function createResilientInvoker(parts: ResilientInvokerParts): CommandInvoker {
  const { policy, circuits, circuitKeyOf, attempts, deadLetters } = parts;
  const { clock } = parts.wiring;

  return Object.assign(invokeResiliently, {
    retries: true,
    reset: () => circuits.reset(),
    flush: () => deadLetters.flush(),
  });

  async function invokeResiliently(
    call: CommandCall,
    invoke: Attempting['invoke'],
  ): Promise<CommandResult> {
    const circuit = circuits.for(circuitKeyOf(call.command));
    if (circuit.budget) circuit.budget.calls++;
    const attempting: Attempting = { call, circuit, invoke, startedAt: clock.monotonic() };
    const first = await attempts.attempt(attempting, 1, policy.firstTimeoutMs);
    return first.success ? (first as CommandResult) : recoverCommand(attempting, first, parts);
  }
}

async function recoverCommand(
  attempting: Attempting,
  first: FailedAttempt,
  parts: ResilientInvokerParts,
): Promise<CommandResult> {
  const { policy, deadLetters, wiring } = parts;
  const { clock } = wiring;
  const { call, circuit, startedAt } = attempting;
  const { command } = call;
  const work = recoverable(attempting, parts);
  const { budget } = circuit;
  const { outcome, attempts, givenUp } = await recover(work, first, { policy, budget, clock });
  if (outcome.success) return outcome as CommandResult;

  if (givenUp && attempts > 0) {
    const firstAttemptAt = Math.floor(clock.now() - (clock.monotonic() - startedAt));
    const letter = { message: command, error: outcome.error, attempts, reason: givenUp };
    const added = await deadLetters.add({ ...letter, firstAttemptAt });
    if (added) publishDeadLetter(call, letter);
  }
  return failed(outcome.error, command.id);
}

function recoverable(
  attempting: Attempting,
  { attempts, wiring: { clock, signals } }: ResilientInvokerParts,
): Recoverable<unknown> {
  const { command, definition, context } = attempting.call;
  return {
    once: !definition.retry,
    startedAt: attempting.startedAt,
    deadlineAt: context.deadlineAt,
    signal: () => context.signal,
    attempt: (attempt, timeoutMs) => attempts.attempt(attempting, attempt, timeoutMs),
    timedOut: (timeoutMs, cause) => new CommandTimeoutError(command.type, timeoutMs, { cause }),
    aborted: (reason, cause) => abortError(command, reason, cause),
    retrying(attempt, delayMs, error) {
      if (!signals.wants('command.retried')) return;
      const at = clock.now();
      signals.emit({ type: 'command.retried', at, command, attempt, delayMs, error });
    },
  };
}

/** The bus has said already how it ended; what it said is kept where it says more. */
function abortError(command: CommandMessage, reason: unknown, cause: Error): Error {
  if (cause instanceof CommandTimeoutError || cause instanceof CommandCancelledError) return cause;
  return reason instanceof CommandTimeoutError
    ? new CommandTimeoutError(command.type, reason.timeoutMs, { cause })
    : new CommandCancelledError(command.type, reason, { cause });
}

/** A command that was given up on just now. */
interface GivenUpCommand {
  readonly message: CommandMessage;
  readonly error: Error;
  readonly attempts: number;
  readonly reason: GivenUpReason;
}

/** Nothing loops: of what an event of the bus's own has caused, no such event is made. */
function publishDeadLetter(
  { context }: CommandCall,
  { message, error, attempts, reason }: GivenUpCommand,
): void {
  if (context.causedByBus) return;
  const { type: commandType, id: commandId, sessionId } = message;
  const data = { commandType, commandId, error: toErrorData(error), attempts, reason };
  const event = DeadLetterCommandEvent(data, { sessionId });
  context.publish(event, { awaitProcessing: false }).catch(() => {}); // the bus or the session may have ended
}
