import type { Admission } from '../bus/admission.ts';
import { CommandResultEvent, CommandStartedEvent, isBusEventType } from '../bus/bus-events.ts';
import type { MessageBusOptions } from '../bus/message-bus-options.ts';
import { CommandCancelledError, PublishTooDeepError } from '../bus/bus-errors.ts';
import { InvalidOptionsError } from '../errors.ts';
import { NoCommandHandlerError } from '../handler/handler-errors.ts';
import type { ExecuteOptions } from '../handler/handler.ts';
import { failed, type CommandResult } from '../message/command-result.ts';
import { toErrorData } from '../message/error-data.ts';
import type { CommandMessage } from '../message/message.ts';
import type { AbortNotice } from '../timing/lazy-signal.ts';
import { checkSending } from './check-sending.ts';
import { CommandRun, type CommandReceiver } from './command-run.ts';
import { DispatchScope, MAX_DEPTH } from './dispatch-scope.ts';
import type { Sender } from './message-sender.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { isMessage, stamp } from './stamp.ts';

/** What executing needs of the bus. */
export interface CommandExecutionOptions {
  readonly parts: PipelineParts;
  readonly admission: Admission;
  readonly stampMetadata: MessageBusOptions['stampMetadata'];
}

/** The way of a command to its one handler and of its result back. */
export class CommandExecution implements CommandReceiver {
  readonly #parts: PipelineParts;
  readonly #admission: Admission;
  readonly #stampMetadata: MessageBusOptions['stampMetadata'];

  constructor({ parts, admission, stampMetadata }: CommandExecutionOptions) {
    this.#parts = parts;
    this.#admission = admission;
    this.#stampMetadata = stampMetadata;
  }

  /** @throws InvalidOptionsError, BusStoppedError, SessionEndedError, PublishTooDeepError */
  execute(sender: Sender, given: CommandMessage, options?: ExecuteOptions): Promise<CommandResult> {
    if (!isMessage(given, 'command')) throw new InvalidOptionsError('execute', [notACommand]);
    if (options) checkSending('execute a command', options);
    const { scope: parent } = sender;
    const command = stamp(given, sender, this.#stampMetadata);
    this.#admission.check(parent, command.sessionId);
    if (parent && parent.depth >= MAX_DEPTH) {
      throw new PublishTooDeepError(command.type, parent.depth);
    }

    const scope = new DispatchScope(command, parent, parent?.quiet ?? false);
    const startedAt = this.#reportStart(scope);
    const registered = this.#parts.registry.commandHandler(command.type, command.sessionId);
    const refused = registered ? cancelled(command, options?.signal) : unhandled(command);
    if (refused || !registered) return this.#refuse(scope, refused, startedAt);
    const run = new CommandRun(scope, registered, this.#parts);
    run.startedAt = startedAt;
    return this.#run(run, options);
  }

  finished(run: CommandRun, result: CommandResult): void {
    this.#reportEnd(run.scope, result, run.startedAt);
    run.resolve?.(result);
  }

  #run(run: CommandRun, options: ExecuteOptions | undefined): Promise<CommandResult> {
    const timeoutMs = shorter(options?.timeoutMs, run.registered.timeoutMs);
    run.receiver = this;
    return new Promise((resolve) => {
      run.resolve = resolve;
      if (options?.signal || timeoutMs !== undefined) run.limit(options?.signal, timeoutMs);
      this.#parts.scopes.runInside(run.scope, () => run.start());
    });
  }

  #refuse(
    scope: DispatchScope,
    error: Error | undefined,
    startedAt: number | undefined,
  ): Promise<CommandResult> {
    const command = scope.message as CommandMessage;
    const result = failed(error ?? unhandled(command), command.id);
    scope.open = false;
    this.#reportEnd(scope, result, startedAt);
    return Promise.resolve(result);
  }

  /** Gives back the monotonic time of the start, if anybody wants to know the duration. */
  #reportStart(scope: DispatchScope): number | undefined {
    const { counting, signals, time, registry } = this.#parts;
    const command = scope.message as CommandMessage;
    counting.started(command);
    const isTimed = counting.timesCommands || signals.wants('command.completed');
    if (!isTimed && !signals.wants('command.started') && !registry.handlesBusEvents)
      return undefined;
    const startedAt = time.monotonic();
    if (signals.wants('command.started')) {
      signals.emit({ type: 'command.started', at: time.at(startedAt), command });
    }
    if (this.#isHandled(CommandStartedEvent.type, scope)) {
      const data = { commandType: command.type, commandId: command.id };
      const event = CommandStartedEvent(data, { sessionId: command.sessionId });
      this.#parts.publishBusEvent(event, scope);
    }
    return startedAt;
  }

  #reportEnd(scope: DispatchScope, result: CommandResult, startedAt: number | undefined): void {
    const { counting, signals, time } = this.#parts;
    const isWanted = signals.wants('command.completed');
    const isHandled = this.#isHandled(CommandResultEvent.type, scope);
    if (!isWanted && !isHandled && !counting.timesCommands) return;

    const command = scope.message as CommandMessage;
    const now = time.monotonic();
    const durationMs = now - (startedAt ?? now);
    counting.completed(command, durationMs, result);
    if (isWanted) {
      signals.emit({ type: 'command.completed', at: time.at(now), command, result, durationMs });
    }
    if (isHandled) this.#parts.publishBusEvent(resultEvent(command, result, durationMs), scope);
  }

  /** Nothing loops: what was caused by an event of the bus's own makes none. */
  #isHandled(type: string, scope: DispatchScope): boolean {
    const { registry } = this.#parts;
    if (!registry.handlesBusEvents || scope.quiet || isBusEventType(scope.message.type)) {
      return false;
    }
    return registry.handles(type, scope.message.sessionId);
  }
}

function resultEvent(command: CommandMessage, result: CommandResult, durationMs: number) {
  const { type: commandType, id: commandId, sessionId } = command;
  const outcome = result.success
    ? { success: true, result: result.result }
    : { success: false, error: toErrorData(result.error) };
  return CommandResultEvent({ commandType, commandId, ...outcome, durationMs }, { sessionId });
}

const notACommand = 'it takes a command, made by a definition of defineCommand';

function unhandled({ type, sessionId }: CommandMessage): Error {
  return new NoCommandHandlerError(type, sessionId);
}

function cancelled({ type }: CommandMessage, signal: AbortNotice | undefined): Error | undefined {
  if (!signal?.aborted) return undefined;
  return new CommandCancelledError(type, signal.reason, { cause: signal.reason });
}

function shorter(first: number | undefined, second: number | undefined): number | undefined {
  if (first === undefined) return second;
  return second === undefined ? first : Math.min(first, second);
}
