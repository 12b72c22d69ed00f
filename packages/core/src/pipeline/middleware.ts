import type { HandlerContext, MaybePromise } from '../handler/handler.ts';
import type { CommandResult } from '../message/command-result.ts';
import type {
  CommandDefinition,
  CommandMessage,
  EventDefinition,
  EventMessage,
} from '../message/message.ts';
import type { Clock } from '../timing/clock.ts';

/** One command on its way to its handler. */
export interface CommandCall {
  readonly command: CommandMessage;
  readonly definition: CommandDefinition;
  /** The handler's name. */
  readonly handler: string;
  readonly context: HandlerContext;
  /** The bus's. Layers that ask it for the monotonic time on one way in, or out, share a reading. */
  readonly clock: Clock;
}

/** One event on its way to one of its handlers. */
export interface EventCall {
  readonly event: EventMessage;
  /** The definition that the handler was registered with. */
  readonly definition: EventDefinition;
  /** The handler's name. */
  readonly handler: string;
  readonly context: HandlerContext;
  /** The bus's. Layers that ask it for the monotonic time on one way in, or out, share a reading. */
  readonly clock: Clock;
}

/** Gets what became of a command, and gives the result that those outside see. */
export type CommandFinish = (result: CommandResult) => MaybePromise<CommandResult>;

/** Hears that an event was handled, or the error of its handler; may throw another one. */
export type EventFinish = (error: Error | undefined) => MaybePromise<void>;

/** Wraps the handling of commands. */
export interface CommandMiddleware {
  readonly name: string;
  /**
   * May call `next` again after the previous call has settled.
   * @default false
   */
  readonly repeats?: boolean;
  /**
   * `next()` always resolves to a result, also when the handler threw. Who has nothing to wait for gives a function
   * instead of calling `next`: the bus goes on by itself, and calls the function with the result. That costs no promise.
   */
  aroundCommand(
    call: CommandCall,
    next: () => Promise<CommandResult>,
  ): Promise<CommandResult> | CommandFinish;
}

/** Wraps each handler of each event. */
export interface EventMiddleware {
  readonly name: string;
  /**
   * `next()` rejects with what the handler threw. Who only wants to hear of it gives a function instead of calling
   * `next`, which costs no promise.
   */
  aroundEvent(call: EventCall, next: () => Promise<void>): Promise<void> | EventFinish;
}

/** Wraps each single call of a handler, inside everything that retries. */
export interface AttemptWrapper {
  aroundAttempt<T>(
    call: CommandCall | EventCall,
    attempt: number,
    run: () => Promise<T>,
  ): Promise<T>;
}

/** How long one attempt may take. */
export interface AttemptOptions {
  /** Gives up on this attempt after so long, aborting its `context.signal`. */
  readonly timeoutMs?: number | undefined;
}

/** Calls a command's handler: once by default, or again after failures. Gives the caller's result. */
export type CommandInvoker = ((
  call: CommandCall,
  invoke: (attempt: number, options?: AttemptOptions) => Promise<CommandResult>,
) => Promise<CommandResult>) & {
  /** Says that the invoker repeats, so that no middleware may. */
  readonly retries?: boolean;
  /** Writes out what it has not stored yet; never rejects. Awaited by the bus's `stop()`. */
  flush?(): Promise<void>;
  /** Forgets what it has learnt. Called by the bus's `reset()`. */
  reset?(): void;
};

/** Calls one handler of an event; `invoke` rejects with what the handler threw. */
export type EventInvoker = (
  call: EventCall,
  invoke: (attempt: number) => Promise<void>,
) => Promise<void>;
