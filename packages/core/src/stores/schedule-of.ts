import type { EventMessage } from '../message/message.ts';

/** The metadata by which an occurrence names its schedule. */
export const SCHEDULE_KEY = 'llmgine.schedule';

/**
 * The recurring schedule that an event is an occurrence of; undefined: it is a single one. A copy of the metadata alone
 * makes no occurrence: its id must belong to the schedule too.
 */
export function scheduleOf({ id, metadata }: EventMessage): string | undefined {
  const schedule = metadata[SCHEDULE_KEY];
  return typeof schedule === 'string' && id.startsWith(`${schedule}:`) ? schedule : undefined;
}
