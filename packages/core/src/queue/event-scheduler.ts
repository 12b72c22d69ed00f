import type { AsyncResource } from 'node:async_hooks';
import type { Recurrence, ScheduleOptions } from '../bus/message-bus.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import { InvalidOptionsError, LeaseLostError } from '../errors.ts';
import { toError } from '../message/error-data.ts';
import type { EventMessage } from '../message/message.ts';
import type { SignalHub } from '../signals/signal-hub.ts';
import type {
  ClaimedEvent,
  ScheduledEntry,
  ScheduledEventStore,
} from '../stores/scheduled-event-store.ts';
import type { Clock } from '../timing/clock.ts';
import { DueTimer } from './due-timer.ts';
import { nextOccurrence, occurrence, type Schedule } from './schedule.ts';

/** Publishes a due event and tells how it ended; `started` receives what aborts it. */
export type PublishDue = (
  claim: ClaimedEvent,
  started: (abort: (reason: unknown) => void) => void,
) => Promise<PublishReceipt>;

/** What the scheduler needs of the bus. */
export interface EventSchedulerOptions {
  readonly store: ScheduledEventStore;
  readonly clock: Clock;
  readonly signals: SignalHub;
  /** The async context in which timers are set, so that they carry nobody's context into handlers. */
  readonly rootContext: AsyncResource;
  /** Types that have a handler or a name here; undefined: every type. */
  readonly knownTypes: () => readonly string[] | undefined;
  readonly publishDue: PublishDue;
  readonly newId: () => string;
  /** How long a claim holds unless extended; `Infinity` where nobody else can claim. */
  readonly leaseMs: number;
}

/** At most so many are claimed at once. */
const CLAIM_COUNT = 256;
/** After a full queue or a failing store. */
const RETRY_MS = 250;

/** Holds future events in a store and publishes them when they are due: claimed, extended while they run, settled after. */
export class EventScheduler {
  readonly #options: EventSchedulerOptions;
  readonly #store: ScheduledEventStore;
  readonly #timer: DueTimer;
  /** Schedules by the id of their present occurrence. */
  readonly #schedules = new Map<string, Schedule>();
  readonly #handling = new Set<Promise<void>>();
  readonly #reportedUnknown = new Set<string>();
  #running = false;
  #claiming: Promise<void> | undefined;
  #claimAgain = false;
  /** The queue is full: nothing is claimed until there may be room. */
  #holdsOff = false;
  #earlier: Disposable | undefined;

  constructor(options: EventSchedulerOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#timer = new DueTimer(options.clock, options.rootContext, () => this.#wake());
  }

  get size(): number | undefined {
    return this.#store.size;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#earlier = this.#store.onEarlier?.(() => this.#wake());
    this.#wake();
  }

  /** Claims nothing more. What is being handled goes on. */
  pause(): void {
    this.#running = false;
    this.#timer.stop();
    this.#earlier?.[Symbol.dispose]();
    this.#earlier = undefined;
  }

  /** Resolves when no claim is being made or settled. */
  async idle(): Promise<void> {
    await this.#claiming;
    while (this.#handling.size > 0) await Promise.all(this.#handling);
  }

  /** Holds an event. Rejects when the store cannot keep it. */
  async hold(event: EventMessage): Promise<PublishReceipt> {
    await this.#watched('save', () => this.#store.save([event]));
    const { signals, clock } = this.#options;
    const scheduledAt = event.scheduledAt!;
    if (signals.active)
      signals.emit({ type: 'event.scheduled', at: clock.now(), event, scheduledAt });
    this.#wakeIfEarlier(scheduledAt);
    return { status: 'scheduled', scheduledAt };
  }

  schedule(
    event: EventMessage,
    recurrence: Recurrence,
    { id, onMissed = 'skip' }: ScheduleOptions,
  ): Disposable {
    if (typeof recurrence?.next !== 'function') {
      throw new InvalidOptionsError('schedule an event', [
        'recurrence must have a next(after) method, e.g. every(1000)',
      ]);
    }
    const schedule: Schedule = {
      id: id ?? this.#options.newId(),
      event,
      recurrence,
      onMissed,
      ended: false,
      occurrenceId: undefined,
    };
    void this.#begin(schedule);
    return {
      [Symbol.dispose]: () => {
        if (schedule.ended) return;
        schedule.ended = true;
        if (schedule.occurrenceId === undefined) return;
        this.#schedules.delete(schedule.occurrenceId);
        void this.#watched('cancel', () => this.#store.cancel(schedule.occurrenceId!)).catch(
          () => {},
        );
      },
    };
  }

  async cancel(id: string): Promise<boolean> {
    const cancelled = await this.#watched('cancel', () => this.#store.cancel(id));
    if (cancelled) this.#schedules.delete(id);
    return cancelled;
  }

  async reschedule(id: string, at: number): Promise<boolean> {
    if (!Number.isFinite(at))
      throw new InvalidOptionsError('reschedule an event', [
        `at must be an instant in epoch milliseconds, got ${String(at)}`,
      ]);
    const rescheduled = await this.#watched('reschedule', () => this.#store.reschedule(id, at));
    if (rescheduled) this.#wakeIfEarlier(at);
    return rescheduled;
  }

  async list(): Promise<readonly ScheduledEntry[]> {
    const entries: ScheduledEntry[] = [];
    for await (const entry of this.#store.list()) entries.push(entry);
    return entries;
  }

  /** Another type may be claimed from now on. */
  typesChanged(): void {
    if (this.#running && this.#store.size !== 0) this.#wake();
  }

  /** Forgets schedules, and, where the bus made the store, what it holds. */
  reset(): void {
    for (const schedule of this.#schedules.values()) schedule.ended = true;
    this.#schedules.clear();
    this.#reportedUnknown.clear();
    this.#store.reset?.();
  }

  async #begin(schedule: Schedule): Promise<void> {
    try {
      const first = schedule.recurrence.next(await this.#store.now());
      if (schedule.ended || first === undefined) return;
      const event = this.#track(schedule, occurrence(schedule, first));
      await this.hold(event);
    } catch (thrown) {
      this.#report('schedule', thrown);
    }
  }

  #track(schedule: Schedule, event: EventMessage): EventMessage {
    schedule.occurrenceId = event.id;
    this.#schedules.set(event.id, schedule);
    return event;
  }

  #wakeIfEarlier(at: number): void {
    if (!this.#running) return;
    const delayMs = at - this.#options.clock.now();
    if (this.#timer.isEarlier(delayMs)) this.#timer.set(delayMs);
  }

  #wake(): void {
    if (!this.#running || this.#holdsOff) return;
    if (this.#claiming) {
      this.#claimAgain = true;
      return;
    }
    this.#claiming = this.#claimAndArm().finally(() => {
      this.#claiming = undefined;
      if (!this.#claimAgain) return;
      this.#claimAgain = false;
      this.#wake();
    });
  }

  async #claimAndArm(): Promise<void> {
    try {
      const types = this.#options.knownTypes();
      for (let full = true; full && this.#running && !this.#holdsOff;) {
        const claims = await this.#store.claimDue({
          types,
          count: CLAIM_COUNT,
          leaseMs: this.#options.leaseMs,
        });
        for (const claim of claims) this.#take(claim);
        full = claims.length === CLAIM_COUNT;
      }
      if (types) await this.#reportUnknown(types);
      const dueInMs = await this.#store.nextDueInMs(types);
      if (dueInMs !== undefined && this.#running) this.#timer.set(dueInMs);
    } catch (thrown) {
      this.#report('claim', thrown);
      if (this.#running) this.#timer.set(RETRY_MS);
    }
  }

  #take(claim: ClaimedEvent): void {
    const handling = this.#handle(claim)
      .catch((thrown: unknown) => this.#report('settle', thrown))
      .finally(() => {
        this.#handling.delete(handling);
      });
    this.#handling.add(handling);
  }

  async #handle(claim: ClaimedEvent): Promise<void> {
    const schedule = this.#scheduleOf(claim);
    const takenUpAt = schedule ? await this.#store.now() : 0;
    if (schedule?.onMissed === 'skip' && wasMissed(schedule, claim, takenUpAt)) {
      return this.#settle(claim, takenUpAt);
    }
    using lease = this.#extending(claim);
    const receipt = await this.#options.publishDue(claim, lease.abortWith);
    if (lease.lost) return;
    if (receipt.status !== 'dropped') return this.#settle(claim, takenUpAt);
    this.#holdOff();
    await this.#store.release(claim);
  }

  #holdOff(): void {
    if (this.#holdsOff || !this.#running) return;
    this.#holdsOff = true;
    const { clock, rootContext } = this.#options;
    rootContext.runInAsyncScope(() =>
      clock.setTimer(() => {
        this.#holdsOff = false;
        this.#wake();
      }, RETRY_MS),
    );
  }

  #scheduleOf({ event }: ClaimedEvent): Schedule | undefined {
    const schedule = this.#schedules.get(event.id);
    return schedule?.ended ? undefined : schedule;
  }

  async #settle(claim: ClaimedEvent, takenUpAt: number): Promise<void> {
    const schedule = this.#scheduleOf(claim);
    this.#schedules.delete(claim.event.id);
    const now = schedule ? await this.#store.now() : 0;
    const at = schedule && nextOccurrence(schedule, claim.event.scheduledAt!, { takenUpAt, now });
    const next = at === undefined ? undefined : this.#track(schedule!, occurrence(schedule!, at));
    if (!(await this.#store.settle(claim, next))) return this.#leaseLost(claim);
    if (next) this.#wakeIfEarlier(next.scheduledAt!);
  }

  /** Keeps the lease while the event is handled; losing it aborts the handlers. */
  #extending(
    claim: ClaimedEvent,
  ): { lost: boolean; abortWith(abort: (reason: unknown) => void): void } & Disposable {
    const { leaseMs, clock, rootContext } = this.#options;
    let abort: ((reason: unknown) => void) | undefined;
    let timer: Disposable | undefined;
    const lease = {
      lost: false,
      abortWith: (given: (reason: unknown) => void) => {
        abort = given;
      },
      [Symbol.dispose]: () => timer?.[Symbol.dispose](),
    };
    const extend = async (): Promise<void> => {
      try {
        if (await this.#store.extend(claim, leaseMs)) return arm();
      } catch (thrown) {
        this.#report('extend', thrown);
        return arm();
      }
      lease.lost = true;
      this.#leaseLost(claim);
      abort?.(new LeaseLostError(claim.event.id));
    };
    const arm = (): void => {
      if (leaseMs !== Infinity)
        timer = rootContext.runInAsyncScope(() => clock.setTimer(() => void extend(), leaseMs / 3));
    };
    arm();
    return lease;
  }

  #leaseLost({ event }: ClaimedEvent): void {
    const { signals, clock } = this.#options;
    signals.emit({ type: 'schedule.lease-lost', at: clock.now(), event });
  }

  async #reportUnknown(types: readonly string[]): Promise<void> {
    const { signals, clock } = this.#options;
    for (const { type, id } of (await this.#store.unknownTypes?.(types)) ?? []) {
      if (this.#reportedUnknown.has(type)) continue;
      this.#reportedUnknown.add(type);
      signals.emit({ type: 'schedule.unknown-type', at: clock.now(), eventType: type, id });
    }
  }

  async #watched<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      this.#report(operation, thrown);
      throw thrown;
    }
  }

  #report(operation: string, thrown: unknown): void {
    const { signals, clock } = this.#options;
    signals.emit({
      type: 'store.failed',
      at: clock.now(),
      store: 'scheduled-events',
      operation,
      error: toError(thrown),
    });
  }
}

/** A later occurrence has fallen due before this one was taken up. */
function wasMissed({ recurrence }: Schedule, { event }: ClaimedEvent, now: number): boolean {
  const after = recurrence.next(event.scheduledAt!);
  return after !== undefined && after <= now;
}
