import type { Outcome } from '../message/command-result.ts';
import type {
  CommandDefinition,
  CommandMessage,
  EventDefinition,
  EventMessage,
  MessageOf,
  ResultOf,
} from '../message/message.ts';
import type { SessionId } from '../message/session-id.ts';
import type { CommandResult } from '../message/command-result.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import type { AbortNotice } from '../timing/lazy-signal.ts';

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>;

/** How to execute a command. */
export interface ExecuteOptions {
  /** Cancels the command; reaches the handler as `context.signal`. An `AbortSignal`, or another's notice. */
  readonly signal?: AbortNotice | undefined;
  /**
   * Deadline for all attempts together; reaches the handler as `context.signal`.
   * @default the handler's own timeoutMs, or none
   */
  readonly timeoutMs?: number | undefined;
}

/** How to publish an event. */
export interface PublishOptions {
  /**
   * Waits until this event's handlers have settled; otherwise until it is accepted or refused.
   * @default true
   */
  readonly awaitProcessing?: boolean | undefined;
  /** Ends a wait for room in the queue; the receipt then says `aborted`. */
  readonly signal?: AbortSignal | undefined;
}

/** Executes commands. */
export interface CommandExecutor {
  /**
   * Resolves to the result of the command's one handler, also when it failed.
   * @throws BusStoppedError, SessionEndedError, PublishTooDeepError
   */
  execute<C extends CommandMessage>(
    command: C,
    options?: ExecuteOptions,
  ): Promise<CommandResult<ResultOf<C>>>;
}

/** Publishes events. */
export interface EventPublisher {
  /**
   * Resolves to what became of this event.
   * @throws BusStoppedError, SessionEndedError, PublishTooDeepError
   * @throws EventHandlersFailedError after `unsuppressEventErrors()`, when awaited
   */
  publish(event: EventMessage, options?: PublishOptions): Promise<PublishReceipt>;
  /**
   * False: nothing could notice an event of this type that is published now, so it need not even be made. True for
   * whatever might: handlers of it or of every event, observers, filters, a log, metrics, a queue or a stamp of your own,
   * a bus or session that is not running. Ask each time, handlers come and go; an event for later is always published.
   * A publisher without it hears everything.
   * @param sessionId - defaults to what a message without a session gets
   */
  isHeard?(event: EventDefinition, sessionId?: SessionId): boolean;
}

/** Publishes events, and knows whether anything would notice them. */
export interface HearingPublisher extends EventPublisher {
  isHeard(event: EventDefinition, sessionId?: SessionId): boolean;
}

/** What a handler gets beside its message. Messages sent through it are caused by that message. */
export interface HandlerContext extends CommandExecutor, HearingPublisher {
  readonly sessionId: SessionId;
  /** Which call of the handler for this message this is, the first being 1. */
  readonly attempt: number;
  /** Aborts for the caller, the deadline, the session's end, the bus's stop or a lost lease, with the reason. */
  readonly signal: AbortSignal;
  /** Tells of the same abort as `signal`, for less. Absent: only `signal` does. */
  readonly abortNotice?: AbortNotice;
  /** When the command is given up on, on the clock's monotonic time; undefined: no deadline was given for it. */
  readonly deadlineAt?: number | undefined;
  /** An event of the bus's own caused this, at whatever distance: about its failure no such event may be made. */
  readonly causedByBus?: boolean;
}

/** Handles one type of command. A bare value means `ok(value)`. */
export type CommandHandler<C extends CommandMessage = CommandMessage> = (
  command: C,
  context: HandlerContext,
) => MaybePromise<Outcome<ResultOf<C>> | ResultOf<C>>;

/** Handles one type of event. */
export type EventHandler<E extends EventMessage = EventMessage> = (
  event: E,
  context: HandlerContext,
) => MaybePromise<void>;

/** How to register a command handler. */
export interface CommandHandlerOptions {
  /** @default BUS_SCOPE */
  readonly sessionId?: SessionId | undefined;
  /**
   * Names the handler in failures and signals.
   * @default the function's name, or the message's type
   */
  readonly name?: string | undefined;
  /**
   * Gives up on one message after this time.
   * @default none
   */
  readonly timeoutMs?: number | undefined;
}

/** How to register an event handler. */
export interface EventHandlerOptions extends CommandHandlerOptions {
  /** @default HandlerPriority.NORMAL */
  readonly priority?: number | undefined;
}

/** Registers handlers. Disposing a registration takes it back. */
export interface HandlerRegistrar {
  /** @throws DuplicateCommandHandlerError, DuplicateDefinitionError, InvalidOptionsError, SessionEndedError */
  registerCommandHandler<D extends CommandDefinition>(
    command: D,
    handler: CommandHandler<MessageOf<D>>,
    options?: CommandHandlerOptions,
  ): Disposable;
  /** @throws DuplicateDefinitionError, InvalidOptionsError, SessionEndedError */
  registerEventHandler<D extends EventDefinition>(
    event: D,
    handler: EventHandler<MessageOf<D>>,
    options?: EventHandlerOptions,
  ): Disposable;
}
