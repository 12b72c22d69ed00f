import type { AnyMessage } from '../message/message.ts';
import { BUS_SCOPE } from '../message/session-id.ts';
import type { MessageBusOptions } from '../bus/message-bus-options.ts';
import type { Sender } from './message-sender.ts';

/**
 * Gives a message that enters the bus what it inherits, on a copy if anything changes: a root takes correlation and
 * causation from the message being handled, and one that names no session takes its sender's.
 */
export function stamp<M extends AnyMessage>(
  message: M,
  { scope, sessionId }: Sender,
  stampMetadata: MessageBusOptions['stampMetadata'],
): M {
  const parent = scope?.message;
  const inherits =
    parent !== undefined && message.correlationId === message.id && message.id !== parent.id;
  const moves =
    sessionId !== undefined && message.sessionId === BUS_SCOPE && sessionId !== BUS_SCOPE;
  if (!inherits && !moves && !stampMetadata) return message;

  const stamped: { -readonly [Key in keyof AnyMessage]: AnyMessage[Key] } = { ...message };
  if (inherits) {
    stamped.correlationId = parent.correlationId;
    stamped.causationId = parent.id;
  }
  if (moves) stamped.sessionId = sessionId;
  if (stampMetadata) {
    const metadata = { ...message.metadata };
    stampMetadata(metadata, parent);
    stamped.metadata = metadata;
  }
  return stamped as M;
}

/** Tells whether something is a message of a kind: what has no type, id or session was not made by a definition. */
export function isMessage(given: AnyMessage, kind: AnyMessage['kind']): boolean {
  return (
    typeof given === 'object' &&
    given?.kind === kind &&
    typeof given.type === 'string' &&
    typeof given.id === 'string' &&
    typeof given.sessionId === 'string'
  );
}
