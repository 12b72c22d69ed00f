import type { EventMessage } from '@llmgine/core';

/** Metadata of an event that is sent again for one of its handlers; the others have handled it. */
const handlerKey = 'llmgine.retried-handler';

/** The event again, for one handler. What was due once is due now. */
export function retriedEvent(event: EventMessage, handler: string): EventMessage {
  const { scheduledAt: _, ...due } = event;
  return { ...due, metadata: { ...event.metadata, [handlerKey]: handler } };
}

/** The only handler that the event is for; undefined: it is for all. */
export function handlerToRetry({ metadata }: EventMessage): string | undefined {
  const handler = metadata[handlerKey];
  return typeof handler === 'string' ? handler : undefined;
}
