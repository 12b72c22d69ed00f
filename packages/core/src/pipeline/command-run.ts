import { CommandCancelledError, CommandTimeoutError } from '../bus/bus-errors.ts';
import type { RegisteredCommandHandler } from '../handler/registered-handler.ts';
import { failed, toCommandResult, type CommandResult } from '../message/command-result.ts';
import { toError } from '../message/error-data.ts';
import type { CommandMessage } from '../message/message.ts';
import type { HandlerOutcome } from '../signals/bus-signal.ts';
import type { Deadline } from '../timing/deadlines.ts';
import type { AbortNotice } from '../timing/lazy-signal.ts';
import { CommandAttempts } from './command-attempts.ts';
import { reportAttemptEnd, reportAttemptStart, reportLate } from './command-reports.ts';
import type { Abortable, DispatchScope } from './dispatch-scope.ts';
import { isThenable } from './is-thenable.ts';
import { MessageContext } from './message-context.ts';
import type { CommandCall } from './middleware.ts';
import { Passage, type OutcomeReceiver } from './passage.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import type { RunningCommand } from './running-command.ts';

/** Hears when a command has its result. */
export interface CommandReceiver {
  finished(run: CommandRun, result: CommandResult): void;
}

/** One execution of a command: middleware, invoker, attempts, and the one result. */
export class CommandRun implements Abortable, RunningCommand, OutcomeReceiver<CommandResult> {
  readonly scope: DispatchScope;
  readonly parts: PipelineParts;
  readonly registered: RegisteredCommandHandler;
  readonly reportsHandler: boolean;
  /** Monotonic, for the receiver; undefined where nobody wants to know. */
  startedAt: number | undefined = undefined;
  receiver: CommandReceiver | undefined = undefined;
  /** Gives the result to whoever waits for it; for the receiver to call. */
  resolve: ((result: CommandResult) => void) | undefined = undefined;
  deadlineAt: number | undefined = undefined;
  #settled = false;
  #deadline: Deadline | undefined = undefined;
  #stopListening: (() => void) | undefined = undefined;
  /** Made when something wraps the handler. */
  #attempts: CommandAttempts | undefined = undefined;
  /** Of the only attempt, while it lasts and somebody wants to hear of it. */
  #attemptStartedAt: number | undefined = undefined;

  constructor(scope: DispatchScope, registered: RegisteredCommandHandler, parts: PipelineParts) {
    this.scope = scope;
    this.parts = parts;
    this.registered = registered;
    this.reportsHandler =
      parts.signals.wants('handler.started') || parts.signals.wants('handler.finished');
    scope.owner = this;
    parts.scopes.add(scope);
  }

  get command(): CommandMessage {
    return this.scope.message as CommandMessage;
  }

  /** Aborts the run when the caller's signal does, or when the time is up. */
  limit(signal: AbortNotice | undefined, timeoutMs: number | undefined): void {
    if (signal) {
      const aborted = (): void => this.abort(signal.reason);
      // A local first: V8 puts a function that is written straight into a property among old objects.
      const stopListening = (): void => signal.removeEventListener('abort', aborted);
      signal.addEventListener('abort', aborted);
      this.#stopListening = stopListening;
    }
    if (timeoutMs === undefined) return;
    const { type } = this.command;
    this.deadlineAt = this.parts.time.monotonic() + timeoutMs;
    this.#deadline = this.parts.deadlines.set(timeoutMs, () =>
      this.abort(new CommandTimeoutError(type, timeoutMs)),
    );
  }

  /** To be called inside the scope. */
  start(): void {
    const { commandOnion, commandInvoker, attemptWrapper } = this.parts.wrapping;
    if (commandOnion || commandInvoker || attemptWrapper) this.#startWrapped();
    else this.#startPlain();
  }

  abort(reason: unknown): void {
    if (this.#settled) return;
    this.scope.open = false;
    const error = this.#abortError(reason);
    const result = failed(error, this.command.id);
    this.scope.abortSignal(reason);
    const outcome = reason instanceof CommandTimeoutError ? 'timed-out' : 'aborted';
    if (this.#attempts) this.#attempts.end(result, outcome);
    else this.#attemptEnded(outcome, error);
    this.parts.scopes.abortInside(this.scope, reason);
    this.#settle(result);
  }

  /** Of everything that wraps. */
  ended(result: CommandResult): void {
    this.#finish(result);
  }

  contextFor(attempt: number, scope = this.scope): MessageContext {
    return new MessageContext(scope, this.parts, attempt);
  }

  callFor(context: MessageContext): CommandCall {
    const { definition, name } = this.registered;
    const { clock } = this.parts.wrapping;
    return { command: this.command, definition, handler: name, context, clock };
  }

  #settle(result: CommandResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.scope.open = false;
    this.#deadline?.cancel();
    this.#stopListening?.();
    this.receiver?.finished(this, result);
    this.parts.scopes.remove(this.scope);
  }

  /** Keeps why the last attempt failed as the cause. */
  #abortError(reason: unknown): Error {
    const { type } = this.command;
    const lastError = this.#attempts?.lastError;
    const cause = lastError ?? (reason instanceof Error ? reason : undefined);
    if (!(reason instanceof CommandTimeoutError)) {
      return new CommandCancelledError(type, reason, { cause });
    }
    return lastError
      ? new CommandTimeoutError(reason.commandType, reason.timeoutMs, { cause })
      : reason;
  }

  /** Nothing wraps: the handler is called once, and no promise is made that nobody needs. */
  #startPlain(): void {
    if (this.reportsHandler) this.#attemptStartedAt = reportAttemptStart(this, 1);
    const { id } = this.command;
    try {
      const returned = this.registered.handle(this.command, this.contextFor(1));
      if (isThenable(returned)) {
        returned.then(
          (value) => this.#returned(toCommandResult(value, id)),
          (thrown: unknown) => this.#returned(failed(toError(thrown), id)),
        );
      } else this.#returned(toCommandResult(returned, id));
    } catch (thrown) {
      this.#returned(failed(toError(thrown), id));
    }
  }

  #returned(result: CommandResult): void {
    if (this.#settled) {
      reportLate(this, result);
      return;
    }
    this.#attemptEnded(
      result.success ? 'succeeded' : 'failed',
      result.success ? undefined : result.error,
    );
    this.#finish(result);
  }

  #attemptEnded(outcome: HandlerOutcome, error: Error | undefined): void {
    if (this.#attemptStartedAt === undefined) return;
    reportAttemptEnd(this, { attempt: 1, startedAt: this.#attemptStartedAt, outcome, error });
    this.#attemptStartedAt = undefined;
  }

  /** The run ends after what its handler published inline, unless it is given up on before. */
  #finish(result: CommandResult): void {
    if (!this.scope.hasChildren) {
      this.#settle(result);
      return;
    }
    const settle = (): void => this.#settle(result);
    this.scope.whenChildless = settle;
  }

  #startWrapped(): void {
    const context = this.contextFor(1);
    const call = this.callFor(context);
    const { commandOnion } = this.parts.wrapping;
    this.#attempts = new CommandAttempts(this, context);
    if (commandOnion) new Passage(commandOnion, call, this.#attempts).begin(this);
    else this.#attempts.begin(call, this);
  }
}
