import type { SessionId } from '../message/session-id.ts';
import type { BusSession } from './bus-session.ts';
import type { MessageBus } from './message-bus.ts';

/** Opens a session on a bus: the guide's `BusSession()`. */
export function createBusSession(
  bus: Pick<MessageBus, 'session'>,
  id?: SessionId,
): Promise<BusSession> {
  return bus.session(id);
}
