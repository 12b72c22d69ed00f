import type { EventMessage } from '@llmgine/core';
import type { Persistence } from './open-persistence.ts';

/**
 * Holds events until they are due, and resolves when they are on disk. Low level: a bus made with `busOptions()` does
 * so for every future event that is published.
 */
export async function saveUnfinishedEvents(
  { scheduledEvents }: Pick<Persistence, 'scheduledEvents'>,
  events: readonly EventMessage[],
): Promise<void> {
  await scheduledEvents.save(events);
}

/**
 * Takes out all held events that nobody is handling; of several processes that do so at once, each event goes to one.
 * Low level, and dangerous: an event that is taken out is lost if this process dies. A bus claims instead.
 */
export async function getAndDeleteUnfinishedEvents({
  scheduledEvents,
}: Pick<Persistence, 'scheduledEvents'>): Promise<readonly EventMessage[]> {
  const taken: EventMessage[] = [];
  for await (const { id, event, claimed } of scheduledEvents.list()) {
    if (!claimed && (await scheduledEvents.cancel(id))) taken.push(event);
  }
  return taken;
}

/**
 * Logs one event, of whatever kind, and resolves when it is on disk, after all that was logged before. Low level: a bus
 * logs what it accepts.
 * @throws NotJsonSafeError, MessageTooLargeError, DatabaseError
 */
export async function persistEvent(
  { eventLog, transaction }: Pick<Persistence, 'eventLog' | 'transaction'>,
  event: EventMessage,
): Promise<void> {
  await eventLog.flush();
  await transaction((tx) => Promise.resolve(tx.eventLog.append(event)));
}
