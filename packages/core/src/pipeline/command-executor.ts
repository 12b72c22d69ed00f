import type { Admission } from '../bus/admission.ts';
import { CommandResultEvent, CommandStartedEvent, isBusEventType } from '../bus/bus-events.ts';
import type { MessageBusOptions } from '../bus/message-bus-options.ts';
import {
  CommandCancelledError,
  InvalidOptionsError,
  NoCommandHandlerError,
  PublishTooDeepError,
} from '../errors.ts';
import type { ExecuteOptions } from '../handler/handler.ts';
import type { RegisteredCommandHandler } from '../handler/registered-handler.ts';
import { failed, type CommandResult } from '../message/command-result.ts';
import { toErrorData } from '../message/error-data.ts';
import type { CommandMessage } from '../message/message.ts';
import { CommandRun } from './command-run.ts';
import { DispatchScope } from './dispatch-scope.ts';
import { MAX_DEPTH } from './event-publisher.ts';
import type { Sender } from './message-sender.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { stamp } from './stamp.ts';

/** What executing needs of the bus. */
export interface CommandExecutionOptions {
  readonly parts: PipelineParts;
  readonly admission: Admission;
  readonly stampMetadata: MessageBusOptions['stampMetadata'];
}

/** The way of a command to its one handler and of its result back. */
export class CommandExecution {
  readonly #parts: PipelineParts;
  readonly #admission: Admission;
  readonly #stampMetadata: MessageBusOptions['stampMetadata'];

  constructor({ parts, admission, stampMetadata }: CommandExecutionOptions) {
    this.#parts = parts;
    this.#admission = admission;
    this.#stampMetadata = stampMetadata;
  }

  execute(
    sender: Sender,
    given: CommandMessage,
    options: ExecuteOptions = {},
  ): Promise<CommandResult> {
    if (given?.kind !== 'command')
      throw new InvalidOptionsError('execute', [
        'it takes a command, made by a definition of defineCommand',
      ]);
    checkTimeout(options.timeoutMs);
    const { scope: parent } = sender;
    const command = stamp(given, sender, this.#stampMetadata);
    this.#admission.check(parent, this.#admission.session(command.sessionId));
    if (parent && parent.depth >= MAX_DEPTH)
      throw new PublishTooDeepError(command.type, parent.depth);

    const scope = new DispatchScope(command, parent, parent?.quiet ?? false);
    scope.generation = parent?.generation;
    const startedAt = this.#reportStart(command, scope);
    const registered = this.#parts.registry.commandHandler(command.type, command.sessionId);
    const refused = refusal(command, registered, options.signal);
    if (refused) {
      scope.open = false;
      this.#reportEnd(command, scope, failed(refused, command.id), startedAt);
      return Promise.resolve(failed(refused, command.id));
    }
    return new Promise((resolve) => {
      const run = new CommandRun(scope, registered!, this.#parts, (result) => {
        this.#reportEnd(command, scope, result, startedAt);
        resolve(result);
      });
      const timeoutMs = shorter(options.timeoutMs, registered!.timeoutMs);
      if (options.signal || timeoutMs !== undefined) run.limit(options.signal, timeoutMs);
      this.#parts.scopes.runInside(scope, () => run.start());
    });
  }

  /** Gives back the monotonic time of the start, if anybody wants to know the duration. */
  #reportStart(command: CommandMessage, scope: DispatchScope): number {
    const { signals, time, registry } = this.#parts;
    const isHandled = registry.handles(CommandStartedEvent.type, command.sessionId);
    const isResultHandled = registry.handles(CommandResultEvent.type, command.sessionId);
    if (!signals.active && !isHandled && !isResultHandled) return 0;

    const startedAt = time.monotonic();
    if (signals.wants('command.started'))
      signals.emit({ type: 'command.started', at: time.at(startedAt), command });
    if (isHandled && !isQuiet(scope)) {
      const data = { commandType: command.type, commandId: command.id };
      this.#parts.publishBusEvent(
        CommandStartedEvent(data, { sessionId: command.sessionId }),
        scope,
      );
    }
    return startedAt;
  }

  #reportEnd(
    command: CommandMessage,
    scope: DispatchScope,
    result: CommandResult,
    startedAt: number,
  ): void {
    const { signals, time, registry } = this.#parts;
    const isHandled =
      registry.handles(CommandResultEvent.type, command.sessionId) && !isQuiet(scope);
    if (!isHandled && !signals.wants('command.completed')) return;

    const now = time.monotonic();
    const durationMs = now - startedAt;
    if (signals.wants('command.completed')) {
      signals.emit({ type: 'command.completed', at: time.at(now), command, result, durationMs });
    }
    if (!isHandled) return;
    const data = {
      commandType: command.type,
      commandId: command.id,
      success: result.success,
      ...(result.success ? { result: result.result } : { error: toErrorData(result.error) }),
      durationMs,
    };
    this.#parts.publishBusEvent(CommandResultEvent(data, { sessionId: command.sessionId }), scope);
  }
}

/** Nothing loops: what was caused by an event of the bus's own makes none. */
function isQuiet(scope: DispatchScope): boolean {
  return scope.quiet || isBusEventType(scope.message.type);
}

function refusal(
  command: CommandMessage,
  registered: RegisteredCommandHandler | undefined,
  signal: AbortSignal | undefined,
): Error | undefined {
  if (!registered) return new NoCommandHandlerError(command.type, command.sessionId);
  if (signal?.aborted)
    return new CommandCancelledError(command.type, signal.reason, { cause: signal.reason });
  return undefined;
}

/** @throws InvalidOptionsError */
function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined || timeoutMs > 0) return;
  throw new InvalidOptionsError('execute a command', [
    `timeoutMs must be above 0, got ${String(timeoutMs)}`,
  ]);
}

function shorter(first: number | undefined, second: number | undefined): number | undefined {
  if (first === undefined) return second;
  return second === undefined ? first : Math.min(first, second);
}
