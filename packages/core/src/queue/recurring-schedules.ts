import type { Recurrence } from '../bus/message-bus.ts';
import { InvalidOptionsError } from '../errors.ts';
import type { EventMessage } from '../message/message.ts';
import { scheduleOf } from '../stores/schedule-of.ts';
import type {
  ClaimedEvent,
  HeldInstead,
  ScheduledEventStore,
} from '../stores/scheduled-event-store.ts';
import type { Clock } from '../timing/clock.ts';
import { nextOccurrence, occurrence, type Schedule } from './schedule.ts';

/** What schedules need of the scheduler. */
export interface RecurringSchedulesOptions {
  readonly store: ScheduledEventStore;
  readonly clock: Clock;
  /** Holds an occurrence; resolves to what is held instead, if something is. */
  readonly hold: (event: EventMessage) => Promise<HeldInstead | undefined>;
  /** Hears of recurrences that throw or do not go forward; such a schedule ends. */
  readonly failed: (thrown: unknown) => void;
}

/** The schedules of a bus, found by their occurrences, whichever process made those. */
export class RecurringSchedules {
  readonly #byId = new Map<string, Schedule>();
  readonly #options: RecurringSchedulesOptions;

  constructor(options: RecurringSchedulesOptions) {
    this.#options = options;
  }

  get ids(): string[] {
    return [...this.#byId.keys()];
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
    const state = { ended: false, begun: false, taken: false, held: undefined };
    const schedule = { id, event, recurrence: guarded, onMissed, ...state };
    this.#byId.set(id, schedule);
    return schedule;
  }

  /** Holds the schedule's next occurrence, unless one is held already. */
  async hold(schedule: Schedule): Promise<void> {
    const { store } = this.#options;
    try {
      const next = this.#occurrence(schedule, schedule.recurrence.next(await store.now()));
      if (!next) return;
      const instead = await this.#holdOccurrence(schedule, next);
      if (instead) schedule.held = instead;
      if (schedule.ended) await store.cancel(next.id);
    } catch (thrown) {
      schedule.held = undefined;
      throw thrown;
    } finally {
      schedule.begun = true;
    }
  }

  async #holdOccurrence(schedule: Schedule, next: EventMessage): Promise<HeldInstead | undefined> {
    const { hold, store } = this.#options;
    const instead = await hold(next);
    if (!instead || schedule.begun || !isLater(instead, next, schedule)) return instead;
    // Its recurrence has become another one, which comes earlier.
    return (await store.cancel(instead.id)) ? hold(next) : instead;
  }

  /**
   * Holds what is missing: the store failed, or another process has ended a schedule that goes on here. `isUncertain`:
   * somebody else has written, so that more may be missing than is known here.
   */
  async holdMissing(isUncertain: boolean): Promise<void> {
    if (this.#byId.size === 0) return;
    const now = this.#options.clock.now();
    for (const schedule of this.#byId.values()) {
      if (schedule.taken || !schedule.begun) continue;
      const isKnownToBeHeld = schedule.held !== undefined && now < schedule.held.scheduledAt;
      if (isUncertain || !isKnownToBeHeld) await this.hold(schedule);
    }
  }

  /** The schedule that an event is an occurrence of. */
  of({ event }: ClaimedEvent): Schedule | undefined {
    if (this.#byId.size === 0) return undefined;
    const id = scheduleOf(event);
    return id === undefined ? undefined : this.#byId.get(id);
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
    return schedule.held?.id;
  }

  /** An occurrence was cancelled by its id, and its schedule with it. */
  cancelled(occurrenceId: string): void {
    const schedule = this.#byId.get(occurrenceId.slice(0, occurrenceId.lastIndexOf(':')));
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
      this.#options.failed(thrown);
      return undefined;
    }
  }

  #occurrence(schedule: Schedule, at: number | undefined): EventMessage | undefined {
    if (at === undefined) this.end(schedule);
    if (schedule.ended || at === undefined) return undefined;
    const event = occurrence(schedule, at);
    schedule.held = { id: event.id, scheduledAt: at };
    return event;
  }
}

/** And nobody has moved it by hand: its id still names its instant. */
function isLater(held: HeldInstead, next: EventMessage, { id }: Schedule): boolean {
  return held.scheduledAt > next.scheduledAt! && held.id === `${id}:${held.scheduledAt}`; // occurrences have an instant
}
