import type { ExecuteOptions, PublishOptions } from '../handler/handler.ts';
import type { CommandResult } from '../message/command-result.ts';
import type { CommandMessage, EventDefinition, EventMessage } from '../message/message.ts';
import type { SessionId } from '../message/session-id.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import type { DispatchScope } from './dispatch-scope.ts';

/** On whose behalf a message is sent. */
export interface Sender {
  /** What caused it; undefined: somebody outside. */
  readonly scope: DispatchScope | undefined;
  /** Replaces the BUS scope of messages that name no session. */
  readonly sessionId?: SessionId;
}

/** Sends messages on behalf of somebody. */
export interface MessageSender {
  publishFrom(
    sender: Sender,
    event: EventMessage,
    options?: PublishOptions,
  ): Promise<PublishReceipt>;
  executeFrom(
    sender: Sender,
    command: CommandMessage,
    options?: ExecuteOptions,
  ): Promise<CommandResult>;
  /** False: nothing could notice an event of this type that is published now. */
  isHeard(event: EventDefinition, sessionId: SessionId): boolean;
}
