import { CommandCancelledError } from '../bus/bus-errors.ts';
import { failed, toCommandResult, type CommandResult } from '../message/command-result.ts';
import { toError } from '../message/error-data.ts';
import type { HandlerOutcome } from '../signals/bus-signal.ts';
import { AttemptLimit } from './attempt-limit.ts';
import { reportAttemptEnd, reportAttemptStart, reportLate } from './command-reports.ts';
import { isThenable } from './is-thenable.ts';
import type { RunningCommand } from './running-command.ts';
import type { MessageContext } from './message-context.ts';
import type { Innermost, OutcomeReceiver } from './passage.ts';
import type { AttemptOptions, AttemptWrapper, CommandCall, CommandInvoker } from './middleware.ts';

/** An attempt that somebody waits for. */
interface OpenAttempt {
  readonly attempt: number;
  readonly startedAt: number;
  readonly receiver: OutcomeReceiver<CommandResult>;
  limit: AttemptLimit | undefined;
  isOpen: boolean;
  /** The one that was open before; most commands have one at a time. */
  before: OpenAttempt | undefined;
}

/** The calls of a command's handler, counted, where middleware or an invoker may repeat them. */
export class CommandAttempts implements Innermost<CommandCall, CommandResult> {
  /** Why the latest attempt failed. */
  lastError: Error | undefined;
  readonly #run: RunningCommand;
  readonly #firstContext: MessageContext;
  #open: OpenAttempt | undefined = undefined;
  #count = 0;

  /** The context is that of the first attempt. */
  constructor(run: RunningCommand, firstContext: MessageContext) {
    this.#run = run;
    this.#firstContext = firstContext;
  }

  /** Lets the invoker decide how often the handler is called, where there is one. */
  begin(call: CommandCall, receiver: OutcomeReceiver<CommandResult>): void {
    const { commandInvoker } = this.#run.parts.wrapping;
    if (!commandInvoker) this.#begin(receiver, undefined);
    else void this.#invoked(commandInvoker, call).then((result) => receiver.ended(result));
  }

  /** Never rejects. */
  async #invoked(invoker: CommandInvoker, call: CommandCall): Promise<CommandResult> {
    const { id } = call.command;
    try {
      return toCommandResult(await invoker(call, (_, options) => this.#attempted(options)), id);
    } catch (thrown) {
      return failed(toError(thrown), id);
    }
  }

  #attempted({ timeoutMs }: AttemptOptions = {}): Promise<CommandResult> {
    return new Promise((ended) => this.#begin({ ended }, timeoutMs));
  }

  /** Calls the handler. Ends at once when the command is aborted; what the handler does then is reported as late. */
  #begin(receiver: OutcomeReceiver<CommandResult>, timeoutMs: number | undefined): void {
    const { command, scope, reportsHandler } = this.#run;
    if (!scope.open) {
      const error = this.lastError ?? new CommandCancelledError(command.type, 'it is over');
      receiver.ended(failed(error, command.id));
      return;
    }
    const attempt = ++this.#count;
    const startedAt = reportsHandler ? reportAttemptStart(this.#run, attempt) : 0;
    const open: OpenAttempt = {
      attempt,
      startedAt,
      receiver,
      limit: undefined,
      isOpen: true,
      before: this.#open,
    };
    this.#open = open;
    if (timeoutMs !== undefined) open.limit = this.#limit(open, timeoutMs);
    this.#call(open);
  }

  /** Ends what is waited for, because the command is over. Those who wait hear of it after the command's caller. */
  end(result: CommandResult, outcome: HandlerOutcome): void {
    for (let open = this.#open; open; open = this.#open) {
      const { receiver } = open;
      open.limit?.abort(this.#run.scope.lazySignal.reason);
      this.#close(open, result, outcome);
      void Promise.resolve(result).then((given) => receiver.ended(given));
    }
  }

  /** Gives up on this attempt alone when its time is up. */
  #limit(open: OpenAttempt, timeoutMs: number): AttemptLimit {
    const { scope, parts, command } = this.#run;
    return new AttemptLimit(scope, parts, {
      timeoutMs,
      expired: (error) => this.#ended(open, failed(error, command.id), 'timed-out'),
    });
  }

  #ended(open: OpenAttempt, result: CommandResult, outcome: HandlerOutcome): void {
    this.#close(open, result, outcome);
    open.receiver.ended(result);
  }

  #close(open: OpenAttempt, result: CommandResult, outcome: HandlerOutcome): void {
    open.isOpen = false;
    if (this.#open === open) this.#open = open.before;
    for (let each = this.#open; each; each = each.before) {
      if (each.before === open) each.before = open.before;
    }
    open.limit?.end();
    const error = result.success ? undefined : result.error;
    if (error) this.lastError = error;
    if (this.#run.reportsHandler) reportAttemptEnd(this.#run, { ...open, outcome, error });
  }

  #call(open: OpenAttempt): void {
    const { attempt, limit } = open;
    const isFirst = attempt === 1 && !limit;
    const context = isFirst ? this.#firstContext : this.#run.contextFor(attempt, limit?.scope);
    const { attemptWrapper } = this.#run.parts.wrapping;
    if (!limit && !attemptWrapper) {
      this.#handle(context, open);
      return;
    }
    const handled = (): Promise<CommandResult> =>
      attemptWrapper ? this.#handledInside(attemptWrapper, context) : this.#handled(context);
    void (limit ? limit.inside(handled) : handled()).then((result) => this.#returned(open, result));
  }

  #returned(open: OpenAttempt, result: CommandResult): void {
    if (open.isOpen) this.#ended(open, result, result.success ? 'succeeded' : 'failed');
    else reportLate(this.#run, result);
  }

  /** Never rejects. */
  async #handledInside(
    attemptWrapper: AttemptWrapper,
    context: MessageContext,
  ): Promise<CommandResult> {
    const { command } = this.#run;
    try {
      const call = this.#run.callFor(context);
      const handle = (): Promise<CommandResult> => this.#handled(context);
      const wrapped = await attemptWrapper.aroundAttempt(call, context.attempt, handle);
      return toCommandResult(wrapped, command.id);
    } catch (thrown) {
      return failed(toError(thrown), command.id);
    }
  }

  /** Never rejects. */
  async #handled(context: MessageContext): Promise<CommandResult> {
    const { command, registered } = this.#run;
    try {
      return toCommandResult(await registered.handle(command, context), command.id);
    } catch (thrown) {
      return failed(toError(thrown), command.id);
    }
  }

  /** The same without a promise of its own. Never throws. */
  #handle(context: MessageContext, open: OpenAttempt): void {
    const { command, registered } = this.#run;
    const { id } = command;
    let given: unknown;
    try {
      given = registered.handle(command, context);
    } catch (thrown) {
      this.#returned(open, failed(toError(thrown), id));
      return;
    }
    if (isThenable(given)) {
      given.then(
        (value) => this.#returned(open, toCommandResult(value, id)),
        (thrown: unknown) => this.#returned(open, failed(toError(thrown), id)),
      );
    } else this.#returned(open, toCommandResult(given, id));
  }
}
