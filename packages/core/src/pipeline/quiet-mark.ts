import type { EventMessage } from '../message/message.ts';

const quietKey = 'llmgine.quiet';

/** Lets a held event remember that something of the bus's own caused it, so that it makes no events about itself either. */
export function markQuiet(event: EventMessage): EventMessage {
  return { ...event, metadata: { ...event.metadata, [quietKey]: true } };
}

/** Tells whether a held event was caused by something of the bus's own. */
export function isMarkedQuiet(event: EventMessage): boolean {
  return event.scheduledAt !== undefined && event.metadata[quietKey] === true;
}
