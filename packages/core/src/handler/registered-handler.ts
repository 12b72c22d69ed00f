import type { CommandDefinition, EventDefinition } from '../message/message.ts';
import type { SessionId } from '../message/session-id.ts';
import type { CommandHandler, EventHandler } from './handler.ts';

/** A command handler and how it was registered. */
export interface RegisteredCommandHandler {
  readonly definition: CommandDefinition;
  readonly name: string;
  readonly handle: CommandHandler;
  readonly sessionId: SessionId;
  readonly timeoutMs: number | undefined;
}

/** An event handler and how it was registered. */
export interface RegisteredEventHandler {
  readonly definition: EventDefinition;
  readonly name: string;
  readonly handle: EventHandler;
  readonly sessionId: SessionId;
  readonly priority: number;
  readonly timeoutMs: number | undefined;
  /** Counts registrations, so that handlers of one group start in that order. */
  readonly order: number;
}
