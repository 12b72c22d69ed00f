import type { Recurrence } from '../bus/message-bus.ts';
import { InvalidOptionsError } from '../errors.ts';
import type { EventMessage } from '../message/message.ts';
import type { ClaimedEvent } from '../stores/scheduled-event-store.ts';
import { nextOccurrence, occurrence, type Schedule } from './schedule.ts';

/** The schedules of a bus, found by the occurrence that is held at the moment. */
export class RecurringSchedules {
  readonly #byOccurrence = new Map<string, Schedule>();

  /** @throws InvalidOptionsError */
  create(
    event: EventMessage,
    recurrence: Recurrence,
    options: { readonly id: string; readonly onMissed: 'skip' | 'once' },
  ): Schedule {
    const { id, onMissed } = options;
    const problems: string[] = [];
    if (event?.kind !== 'event') problems.push('it takes an event, made by a definition');
    if (typeof recurrence?.next !== 'function') {
      problems.push('recurrence must have a next(after) method, e.g. every(1000)');
    }
    if (typeof id !== 'string' || id === '') problems.push('id must be a non-empty string');
    if (onMissed !== 'skip' && onMissed !== 'once') {
      problems.push(`onMissed must be 'skip' or 'once', got '${String(onMissed)}'`);
    }
    if (problems.length > 0) throw new InvalidOptionsError('schedule an event', problems);
    return { id, event, recurrence, onMissed, ended: false, occurrenceId: undefined };
  }

  /** The schedule's first event after `now`; undefined: there is none. */
  first(schedule: Schedule, now: number): EventMessage | undefined {
    const at = schedule.recurrence.next(now);
    if (schedule.ended || at === undefined) return undefined;
    return this.#track(schedule, at);
  }

  of({ event }: ClaimedEvent): Schedule | undefined {
    return this.#byOccurrence.get(event.id);
  }

  /** The event that follows one that is done. */
  after(
    schedule: Schedule,
    { event }: ClaimedEvent,
    times: { readonly takenUpAt: number; readonly now: number },
  ): EventMessage | undefined {
    this.#byOccurrence.delete(event.id);
    if (schedule.ended) return undefined;
    const at = nextOccurrence(schedule, event.scheduledAt!, times); // occurrences have an instant
    return at === undefined ? undefined : this.#track(schedule, at);
  }

  /** Gives back the id of the occurrence that is held, if one is. */
  end(schedule: Schedule): string | undefined {
    if (schedule.ended) return undefined;
    schedule.ended = true;
    if (schedule.occurrenceId !== undefined) this.#byOccurrence.delete(schedule.occurrenceId);
    return schedule.occurrenceId;
  }

  /** An occurrence was cancelled by its id, and its schedule with it. */
  cancelled(occurrenceId: string): void {
    const schedule = this.#byOccurrence.get(occurrenceId);
    if (schedule) this.end(schedule);
  }

  clear(): void {
    for (const schedule of this.#byOccurrence.values()) schedule.ended = true;
    this.#byOccurrence.clear();
  }

  #track(schedule: Schedule, at: number): EventMessage {
    const event = occurrence(schedule, at);
    schedule.occurrenceId = event.id;
    this.#byOccurrence.set(event.id, schedule);
    return event;
  }
}
