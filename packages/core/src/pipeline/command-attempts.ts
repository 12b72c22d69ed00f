import { CommandCancelledError } from '../bus/bus-errors.ts';
import { failed, toCommandResult, type CommandResult } from '../message/command-result.ts';
import { toError } from '../message/error-data.ts';
import type { HandlerOutcome } from '../signals/bus-signal.ts';
import { reportAttemptEnd, reportAttemptStart, reportLate } from './command-reports.ts';
import type { RunningCommand } from './running-command.ts';
import type { CommandCall, CommandInvoker } from './middleware.ts';

/** An attempt that somebody waits for. */
interface OpenAttempt {
  readonly attempt: number;
  readonly startedAt: number;
  readonly resolve: (result: CommandResult) => void;
}

/** The calls of a command's handler, counted, where middleware or an invoker may repeat them. */
export class CommandAttempts {
  /** Why the latest attempt failed. */
  lastError: Error | undefined;
  readonly #run: RunningCommand;
  readonly #open = new Set<OpenAttempt>();
  #count = 0;

  constructor(run: RunningCommand) {
    this.#run = run;
  }

  /** Lets an invoker decide how often the handler is called. Never rejects. */
  async invoked(invoker: CommandInvoker, call: CommandCall): Promise<CommandResult> {
    const { id } = call.command;
    try {
      return toCommandResult(await invoker(call, () => this.run()), id);
    } catch (thrown) {
      return failed(toError(thrown), id);
    }
  }

  /** Calls the handler. Resolves at once when the command is aborted; what the handler does then is reported as late. */
  run(): Promise<CommandResult> {
    const { command, scope } = this.#run;
    if (!scope.open) {
      const error = this.lastError ?? new CommandCancelledError(command.type, 'it is over');
      return Promise.resolve(failed(error, command.id));
    }
    const attempt = ++this.#count;
    return new Promise((resolve) => {
      const startedAt = this.#run.reportsHandler ? reportAttemptStart(this.#run, attempt) : 0;
      const open = { attempt, startedAt, resolve };
      this.#open.add(open);
      void this.#called(attempt).then((result) => {
        if (this.#open.has(open))
          this.#ended(open, result, result.success ? 'succeeded' : 'failed');
        else reportLate(this.#run, result);
      });
    });
  }

  /** Ends what is waited for, because the command is over. */
  end(result: CommandResult, outcome: HandlerOutcome): void {
    for (const open of this.#open) this.#ended(open, result, outcome);
  }

  #ended(open: OpenAttempt, result: CommandResult, outcome: HandlerOutcome): void {
    this.#open.delete(open);
    const error = result.success ? undefined : result.error;
    if (error) this.lastError = error;
    if (this.#run.reportsHandler) reportAttemptEnd(this.#run, { ...open, outcome, error });
    open.resolve(result);
  }

  /** Never rejects. */
  async #called(attempt: number): Promise<CommandResult> {
    const { command, registered, parts } = this.#run;
    const { attemptWrapper } = parts.wrapping;
    const context = this.#run.contextFor(attempt);
    const call = async (): Promise<CommandResult> => {
      try {
        return toCommandResult(await registered.handle(command, context), command.id);
      } catch (thrown) {
        return failed(toError(thrown), command.id);
      }
    };
    try {
      if (!attemptWrapper) return await call();
      const wrapped = await attemptWrapper.aroundAttempt(this.#run.callFor(context), attempt, call);
      return toCommandResult(wrapped, command.id);
    } catch (thrown) {
      return failed(toError(thrown), command.id);
    }
  }
}
