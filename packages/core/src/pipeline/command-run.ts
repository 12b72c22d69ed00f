import { CommandCancelledError, CommandTimeoutError } from '../errors.ts';
import type { RegisteredCommandHandler } from '../handler/registered-handler.ts';
import { failed, toCommandResult, type CommandResult } from '../message/command-result.ts';
import { toError } from '../message/error-data.ts';
import type { CommandMessage } from '../message/message.ts';
import type { HandlerOutcome } from '../signals/bus-signal.ts';
import type { Deadline } from '../timing/deadlines.ts';
import { DispatchScope, type Abortable } from './dispatch-scope.ts';
import { isThenable } from './handler-call.ts';
import { MessageContext } from './message-context.ts';
import type { CommandCall } from './middleware.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** What gives up on one attempt. */
interface AttemptLimit {
  readonly scope: DispatchScope;
  readonly deadline: Deadline;
}

/** One execution of a command: middleware, invoker, attempts, and the one result. */
export class CommandRun implements Abortable {
  readonly command: CommandMessage;
  readonly scope: DispatchScope;
  readonly #parts: PipelineParts;
  readonly #registered: RegisteredCommandHandler;
  readonly #finished: (result: CommandResult) => void;
  readonly #reportsHandler: boolean;
  #settled = false;
  #handlerCalls = 0;
  #lastError: Error | undefined;
  /** Attempts that are waited for; an abort ends them. */
  #openAttempts: Set<(result: CommandResult) => void> | undefined;
  #deadline: Deadline | undefined;
  #attemptLimit: AttemptLimit | undefined;
  #stopListening: (() => void) | undefined;
  #startedAt = 0;

  constructor(
    scope: DispatchScope,
    registered: RegisteredCommandHandler,
    parts: PipelineParts,
    finished: (result: CommandResult) => void,
  ) {
    this.command = scope.message as CommandMessage;
    this.scope = scope;
    this.#registered = registered;
    this.#parts = parts;
    this.#finished = finished;
    const { signals } = parts;
    this.#reportsHandler =
      signals.active && (signals.wants('handler.started') || signals.wants('handler.finished'));
    scope.owner = this;
    parts.scopes.add(scope);
  }

  /** Aborts the run when the caller's signal does, or when the time is up. */
  limit(signal: AbortSignal | undefined, timeoutMs: number | undefined): void {
    if (signal) {
      const aborted = (): void => this.abort(signal.reason);
      signal.addEventListener('abort', aborted, { once: true });
      this.#stopListening = () => signal.removeEventListener('abort', aborted);
    }
    if (timeoutMs === undefined) return;
    const { type } = this.command;
    this.#deadline = this.#parts.deadlines.set(timeoutMs, () =>
      this.abort(new CommandTimeoutError(type, timeoutMs)),
    );
  }

  /** To be called inside the scope. */
  start(): void {
    const { commandOnion, commandInvoker, attemptWrapper } = this.#parts.wrapping;
    if (commandOnion || commandInvoker || attemptWrapper) this.#startWrapped();
    else this.#startPlain();
  }

  abort(reason: unknown): void {
    if (this.#settled) return;
    this.scope.open = false;
    const error = this.#abortError(reason);
    const result = failed(error, this.command.id);
    this.scope.abortSignal(reason);
    this.#unlimitAttempt(reason);
    this.#attemptEnded(reason instanceof CommandTimeoutError ? 'timed-out' : 'aborted', error);
    for (const endAttempt of this.#openAttempts ?? []) endAttempt(result);
    this.#parts.scopes.abortInside(this.scope, reason);
    this.#settle(result);
  }

  /** Keeps why the last attempt failed as the cause. */
  #abortError(reason: unknown): Error {
    const cause = this.#lastError ?? (reason instanceof Error ? reason : undefined);
    const { type } = this.command;
    if (!(reason instanceof CommandTimeoutError))
      return new CommandCancelledError(type, reason, { cause });
    return this.#lastError
      ? new CommandTimeoutError(reason.commandType, reason.timeoutMs, { cause })
      : reason;
  }

  /** Nothing wraps: the handler is called once, and no promise is made that nobody needs. */
  #startPlain(): void {
    this.#attemptStarted(1);
    let returned: unknown;
    try {
      returned = this.#registered.handle(this.command, this.#contextFor(1));
    } catch (thrown) {
      this.#attemptSettled(failed(toError(thrown), this.command.id));
      return;
    }
    if (!isThenable(returned)) {
      this.#attemptSettled(toCommandResult(returned, this.command.id));
      return;
    }
    returned.then(
      (value) => this.#attemptSettled(toCommandResult(value, this.command.id)),
      (thrown: unknown) => this.#attemptSettled(failed(toError(thrown), this.command.id)),
    );
  }

  #attemptSettled(result: CommandResult): void {
    if (this.#settled) return this.#reportLate(result);
    this.#attemptEnded(
      result.success ? 'succeeded' : 'failed',
      result.success ? undefined : result.error,
    );
    this.#settle(result);
  }

  #startWrapped(): void {
    const { commandOnion, commandInvoker } = this.#parts.wrapping;
    const innermost = (call: CommandCall): Promise<CommandResult> =>
      commandInvoker ? this.#invoked(call) : this.#runAttempt();
    const call = this.#callFor(this.#contextFor(1));

    const ran = commandOnion ? commandOnion(call, innermost) : innermost(call);
    ran.then(
      (result) => this.#settle(result),
      (thrown: unknown) => this.#settle(failed(toError(thrown), this.command.id)),
    );
  }

  async #invoked(call: CommandCall): Promise<CommandResult> {
    try {
      const result = await this.#parts.wrapping.commandInvoker!(call, (_, options) =>
        this.#runAttempt(options?.timeoutMs),
      );
      return toCommandResult(result, this.command.id);
    } catch (thrown) {
      return failed(toError(thrown), this.command.id);
    }
  }

  /** One call of the handler. Resolves at once when the run is aborted; what the handler does then is reported as late. */
  #runAttempt(timeoutMs?: number): Promise<CommandResult> {
    if (!this.scope.open)
      return Promise.resolve(
        failed(
          this.#lastError ?? new CommandCancelledError(this.command.type, 'it is over'),
          this.command.id,
        ),
      );
    const attempt = ++this.#handlerCalls;
    return new Promise((resolve) => {
      const open = (this.#openAttempts ??= new Set());
      let ended = false;
      const end = (result: CommandResult): void => {
        ended = true;
        open.delete(end);
        resolve(result);
      };
      open.add(end);
      this.#attemptStarted(attempt);
      const limit = timeoutMs === undefined ? undefined : this.#limitAttempt(timeoutMs, end);
      const attempted = limit
        ? this.#parts.scopes.runInside(limit.scope, () => this.#attempted(attempt, limit.scope))
        : this.#attempted(attempt, this.scope);
      void attempted.then((result) => {
        if (ended) return this.#reportLate(result);
        this.#unlimitAttempt();
        this.#attemptEnded(
          result.success ? 'succeeded' : 'failed',
          result.success ? undefined : result.error,
        );
        if (!result.success) this.#lastError = result.error;
        end(result);
      });
    });
  }

  /** An attempt that may be given up on alone has a scope of its own, whose signal aborts with it. */
  #limitAttempt(timeoutMs: number, end: (result: CommandResult) => void): AttemptLimit {
    const { scopes, deadlines } = this.#parts;
    const scope = new DispatchScope(this.command, this.scope, this.scope.quiet);
    scope.generation = this.scope.generation;
    const error = new CommandTimeoutError(this.command.type, timeoutMs);
    const deadline = deadlines.set(timeoutMs, () => {
      this.#unlimitAttempt(error);
      scopes.abortInside(scope, error);
      this.#lastError = error;
      this.#attemptEnded('timed-out', error);
      end(failed(error, this.command.id));
    });
    this.#attemptLimit = { scope, deadline };
    return this.#attemptLimit;
  }

  /** The attempt is over, by itself or for a reason to abort what still runs of it. */
  #unlimitAttempt(reason?: unknown): void {
    const limit = this.#attemptLimit;
    if (!limit) return;
    this.#attemptLimit = undefined;
    limit.deadline.cancel();
    limit.scope.open = false;
    if (reason !== undefined) limit.scope.abortSignal(reason);
  }

  async #attempted(attempt: number, scope: DispatchScope): Promise<CommandResult> {
    const { attemptWrapper } = this.#parts.wrapping;
    const context = this.#contextFor(attempt, scope);
    const run = async (): Promise<CommandResult> => {
      try {
        return toCommandResult(
          await this.#registered.handle(this.command, context),
          this.command.id,
        );
      } catch (thrown) {
        return failed(toError(thrown), this.command.id);
      }
    };
    try {
      return await (attemptWrapper
        ? attemptWrapper.aroundAttempt(this.#callFor(context), attempt, run)
        : run());
    } catch (thrown) {
      return failed(toError(thrown), this.command.id);
    }
  }

  #contextFor(attempt: number, scope = this.scope): MessageContext {
    const { scopes, sender } = this.#parts;
    return new MessageContext(scope, scopes, sender, attempt);
  }

  #callFor(context: MessageContext): CommandCall {
    const { definition, name } = this.#registered;
    return { command: this.command, definition, handler: name, context };
  }

  #settle(result: CommandResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.scope.open = false;
    this.#deadline?.cancel();
    this.#stopListening?.();
    this.#finished(result);
    this.#parts.scopes.remove(this.scope);
  }

  #attemptStarted(attempt: number): void {
    if (!this.#reportsHandler) return;
    this.#handlerCalls = attempt;
    const { signals, time } = this.#parts;
    this.#startedAt = time.monotonic();
    const at = time.at(this.#startedAt);
    signals.emit({
      type: 'handler.started',
      at,
      message: this.command,
      handler: this.#registered.name,
      attempt,
    });
  }

  #attemptEnded(outcome: HandlerOutcome, error: Error | undefined): void {
    if (!this.#reportsHandler) return;
    const { signals, time } = this.#parts;
    const now = time.monotonic();
    signals.emit({
      type: 'handler.finished',
      at: time.at(now),
      message: this.command,
      handler: this.#registered.name,
      attempt: this.#handlerCalls,
      durationMs: now - this.#startedAt,
      outcome,
      ...(error && { error }),
    });
  }

  #reportLate(result: CommandResult): void {
    const { signals, time } = this.#parts;
    if (!signals.active) return;
    signals.emit({
      type: 'handler.settled-late',
      at: time.now(),
      message: this.command,
      handler: this.#registered.name,
      ...(result.success ? { result: result.result } : { error: result.error }),
    });
  }
}
