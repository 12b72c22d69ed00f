import type { Recurrence } from '../bus/message-bus.ts';
import { InvalidOptionsError } from '../errors.ts';
import type { EventMessage } from '../message/message.ts';
import type { ClaimedEvent } from '../stores/scheduled-event-store.ts';
import { nextOccurrence, occurrence, type Schedule } from './schedule.ts';

/** The schedules of a bus, found by the ids of their occurrences, whichever process made those. */
export class RecurringSchedules {
  readonly #byId = new Map<string, Schedule>();
  readonly #failed: (thrown: unknown) => void;

  /** `failed` hears of recurrences that throw or do not go forward; such a schedule ends. */
  constructor(failed: (thrown: unknown) => void) {
    this.#failed = failed;
  }

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
    else if (this.#byId.has(id)) problems.push(`there is a schedule '${id}' already; dispose it`);
    if (onMissed !== 'skip' && onMissed !== 'once') {
      problems.push(`onMissed must be 'skip' or 'once', got '${String(onMissed)}'`);
    }
    if (problems.length > 0) throw new InvalidOptionsError('schedule an event', problems);
    const guarded = { next: (after: number) => this.#next(recurrence, after) };
    const state = { ended: false, occurrenceId: undefined };
    const schedule = { id, event, recurrence: guarded, onMissed, ...state };
    this.#byId.set(id, schedule);
    return schedule;
  }

  /** The schedule's first event after `now`; undefined: there is none. */
  first(schedule: Schedule, now: number): EventMessage | undefined {
    return this.#occurrence(schedule, schedule.recurrence.next(now));
  }

  /** The schedule that an event is an occurrence of. */
  of({ event }: ClaimedEvent): Schedule | undefined {
    return this.#byId.size === 0 ? undefined : this.#byId.get(scheduleIdOf(event.id));
  }

  /** The event that follows one that is done. */
  after(
    schedule: Schedule,
    { event }: ClaimedEvent,
    times: { readonly takenUpAt: number; readonly now: number },
  ): EventMessage | undefined {
    return this.#occurrence(schedule, nextOccurrence(schedule, event.scheduledAt!, times)); // occurrences have an instant
  }

  /** Gives back the id of the occurrence that was held last, if there was one. */
  end(schedule: Schedule): string | undefined {
    if (schedule.ended) return undefined;
    schedule.ended = true;
    this.#byId.delete(schedule.id);
    return schedule.occurrenceId;
  }

  /** An occurrence was cancelled by its id, and its schedule with it. */
  cancelled(occurrenceId: string): void {
    const schedule = this.#byId.get(scheduleIdOf(occurrenceId));
    if (schedule) this.end(schedule);
  }

  clear(): void {
    for (const schedule of this.#byId.values()) this.end(schedule);
  }

  /** An instant that is not later would be due at once, and again, and leave no turn to anything else. */
  #next(recurrence: Recurrence, after: number): number | undefined {
    try {
      const at = recurrence.next(after);
      if (at === undefined || (Number.isFinite(at) && at > after)) return at;
      const problem = `next(${after}) of a recurrence must give a later instant, got ${String(at)}`;
      throw new InvalidOptionsError('repeat', [problem]);
    } catch (thrown) {
      this.#failed(thrown);
      return undefined;
    }
  }

  #occurrence(schedule: Schedule, at: number | undefined): EventMessage | undefined {
    if (at === undefined) this.end(schedule);
    if (schedule.ended || at === undefined) return undefined;
    const event = occurrence(schedule, at);
    schedule.occurrenceId = event.id;
    return event;
  }
}

/** The id of an occurrence is its schedule's, and the instant. */
function scheduleIdOf(occurrenceId: string): string {
  return occurrenceId.slice(0, Math.max(0, occurrenceId.lastIndexOf(':')));
}
