import { InvalidOptionsError } from '../errors.ts';

/** Names a conversation or engine instance. A name, never a credential. */
export type SessionId = string & { readonly __brand: 'SessionId' };

/** The scope of handlers and messages that belong to no session. */
export const BUS_SCOPE: SessionId = 'BUS' as SessionId;

/**
 * Marks a string as a session id.
 * @throws InvalidOptionsError when the string is empty
 */
export function sessionId(value: string): SessionId {
  if (typeof value !== 'string' || value === '') {
    throw new InvalidOptionsError('make a session id', ['it must be a non-empty string']);
  }
  return value as SessionId;
}
