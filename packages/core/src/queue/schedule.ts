import type { Recurrence } from '../bus/message-bus.ts';
import { InvalidOptionsError } from '../errors.ts';
import type { EventMessage } from '../message/message.ts';
import { SCHEDULE_KEY } from '../stores/schedule-of.ts';
import type { HeldInstead } from '../stores/scheduled-event-store.ts';

/** An event that is published again and again. */
export interface Schedule {
  readonly id: string;
  /** What each occurrence is a copy of. */
  readonly event: EventMessage;
  readonly recurrence: Recurrence;
  readonly onMissed: 'skip' | 'once';
  ended: boolean;
  /** An occurrence was held since the schedule was made, here or by another process. */
  begun: boolean;
  /** An occurrence is being handled here. */
  taken: boolean;
  /** The occurrence that is held, as far as this process knows. */
  held: HeldInstead | undefined;
}

/** The event of one occurrence. Its id names schedule and instant, so that several processes make the same one. */
export function occurrence({ id, event }: Schedule, at: number): EventMessage {
  const occurrenceId = `${id}:${at}`;
  const isRoot = event.correlationId === event.id;
  return {
    ...event,
    id: occurrenceId,
    scheduledAt: at,
    metadata: { ...event.metadata, [SCHEDULE_KEY]: id },
    correlationId: isRoot ? occurrenceId : event.correlationId,
  };
}

/**
 * The instant after an occurrence that was taken up at `takenUpAt` and is done `now`. An occurrence stands for all
 * that had fallen due when it was taken up; of those that fell due meanwhile `'once'` handles one, `'skip'` none.
 */
export function nextOccurrence(
  { recurrence, onMissed }: Schedule,
  handled: number,
  { takenUpAt, now }: { readonly takenUpAt: number; readonly now: number },
): number | undefined {
  return recurrence.next(Math.max(handled, onMissed === 'once' ? takenUpAt : now));
}

/**
 * Makes an event recur at a fixed interval, counted from the epoch, so that all processes agree on the instants.
 * @throws InvalidOptionsError
 */
export function every(intervalMs: number): Recurrence {
  if (!Number.isFinite(intervalMs) || intervalMs < 1) {
    throw new InvalidOptionsError('repeat', [
      `the interval must be at least 1 ms, got ${String(intervalMs)}`,
    ]);
  }
  return { next: (after) => (Math.floor(after / intervalMs) + 1) * intervalMs };
}
