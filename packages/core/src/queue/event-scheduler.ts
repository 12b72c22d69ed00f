import type { AsyncResource } from 'node:async_hooks';
import type { Recurrence, ScheduleOptions } from '../bus/message-bus.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import { InvalidOptionsError } from '../errors.ts';
import { toError } from '../message/error-data.ts';
import type { AnyDefinition, EventMessage } from '../message/message.ts';
import { upcast } from '../message/upcast.ts';
import type { SignalHub } from '../signals/signal-hub.ts';
import type {
  ClaimedEvent,
  ScheduledEntry,
  ScheduledEventStore,
} from '../stores/scheduled-event-store.ts';
import type { Clock } from '../timing/clock.ts';
import { ClaimLease } from './claim-lease.ts';
import { DueTimer } from './due-timer.ts';
import { RecurringSchedules } from './recurring-schedules.ts';
import type { Schedule } from './schedule.ts';

/** What the scheduler needs of the bus. */
export interface EventSchedulerOptions {
  readonly store: ScheduledEventStore;
  readonly clock: Clock;
  readonly signals: SignalHub;
  /** The async context in which timers are set, so that they carry nobody's context into handlers. */
  readonly rootContext: AsyncResource;
  /** Types that have a handler or a name here; undefined: every type. */
  readonly knownTypes: () => readonly string[] | undefined;
  readonly definition: (type: string) => AnyDefinition | undefined;
  /** Publishes a due event and tells how it ended; `started` receives what aborts it. */
  readonly publishDue: (
    claim: ClaimedEvent,
    started: (abort: (reason: unknown) => void) => void,
  ) => Promise<PublishReceipt>;
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
  readonly #schedules = new RecurringSchedules((thrown) => this.#report('schedule', thrown));
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
    const scheduledAt = event.scheduledAt!; // only future events are held
    if (signals.wants('event.scheduled')) {
      signals.emit({ type: 'event.scheduled', at: clock.now(), event, scheduledAt });
    }
    this.#held();
    return { status: 'scheduled', scheduledAt };
  }

  /** @throws InvalidOptionsError */
  schedule(event: EventMessage, recurrence: Recurrence, options: ScheduleOptions): Disposable {
    const { id = this.#options.newId(), onMissed = 'skip' } = options;
    const schedule = this.#schedules.create(event, recurrence, { id, onMissed });
    void this.#begin(schedule);
    return {
      [Symbol.dispose]: () => {
        const held = this.#schedules.end(schedule);
        if (held === undefined) return;
        void this.#watched('cancel', () => this.#store.cancel(held)).catch(() => {}); // reported
      },
    };
  }

  async cancel(id: string): Promise<boolean> {
    const cancelled = await this.#watched('cancel', () => this.#store.cancel(id));
    if (cancelled) this.#schedules.cancelled(id);
    return cancelled;
  }

  /** @throws InvalidOptionsError */
  async reschedule(id: string, at: number): Promise<boolean> {
    if (!Number.isFinite(at)) {
      const problem = `at must be an instant in epoch milliseconds, got ${String(at)}`;
      throw new InvalidOptionsError('reschedule an event', [problem]);
    }
    const rescheduled = await this.#watched('reschedule', () => this.#store.reschedule(id, at));
    if (rescheduled) this.#held();
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
    this.#schedules.clear();
    this.#reportedUnknown.clear();
    if (this.#options.leaseMs === Infinity) this.#store.reset?.();
  }

  async #begin(schedule: Schedule): Promise<void> {
    try {
      const first = this.#schedules.first(schedule, await this.#store.now());
      if (first) await this.hold(first);
    } catch (thrown) {
      this.#report('schedule', thrown);
    }
  }

  /** When to wake only the store's clock can tell: it has called back already, or it is asked. */
  #held(): void {
    if (!this.#earlier) this.#wake();
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
    const { leaseMs, knownTypes } = this.#options;
    try {
      const types = knownTypes();
      for (let isFull = true; isFull && this.#running && !this.#holdsOff;) {
        const claims = await this.#store.claimDue({ types, count: CLAIM_COUNT, leaseMs });
        await this.#takeAll(claims);
        isFull = claims.length === CLAIM_COUNT;
      }
      if (types) await this.#reportUnknown(types);
      const dueInMs = await this.#store.nextDueInMs(types);
      if (dueInMs !== undefined && this.#running) this.#timer.set(dueInMs);
    } catch (thrown) {
      this.#report('claim', thrown);
      if (this.#running) this.#timer.set(RETRY_MS);
    }
  }

  /** In their order. What was claimed when nobody runs any more is given back. */
  async #takeAll(claims: readonly ClaimedEvent[]): Promise<void> {
    const recurs = claims.some((claim) => this.#schedules.of(claim));
    const takenUpAt = recurs ? await this.#store.now() : 0;
    if (this.#running) for (const claim of claims) this.#take(claim, takenUpAt);
    else await Promise.all(claims.map((claim) => this.#store.release(claim)));
  }

  #take(claim: ClaimedEvent, takenUpAt: number): void {
    const handling = this.#handle(claim, takenUpAt)
      .catch((thrown: unknown) => this.#report('settle', thrown))
      .finally(() => this.#handling.delete(handling));
    this.#handling.add(handling);
  }

  async #handle(claim: ClaimedEvent, takenUpAt: number): Promise<void> {
    const schedule = this.#schedules.of(claim);
    if (schedule?.onMissed === 'skip' && wasMissed(schedule, claim, takenUpAt)) {
      return this.#settle(claim, takenUpAt);
    }
    using lease = this.#lease(claim);
    const receipt = await this.#publish(claim, lease);
    if (lease.isLost) return undefined;
    if (receipt.status !== 'dropped') return this.#settle(claim, takenUpAt);
    this.#holdOff();
    return this.#store.release(claim);
  }

  /** Stored data of an older version is raised to the one known here. */
  #publish(claim: ClaimedEvent, lease: ClaimLease): Promise<PublishReceipt> {
    const definition = this.#options.definition(claim.event.type);
    const event = definition ? upcast(claim.event, definition) : claim.event;
    return this.#options.publishDue({ ...claim, event }, (abort) => lease.aborting(abort));
  }

  async #settle(claim: ClaimedEvent, takenUpAt: number): Promise<void> {
    const schedule = this.#schedules.of(claim);
    const now = schedule ? await this.#store.now() : 0;
    const next = schedule && this.#schedules.after(schedule, claim, { takenUpAt, now });
    if (!(await this.#store.settle(claim, next))) this.#leaseLost(claim);
    else if (next) this.#held();
  }

  #lease(claim: ClaimedEvent): ClaimLease {
    const { store, clock, rootContext, leaseMs } = this.#options;
    return new ClaimLease(claim, {
      store,
      clock,
      rootContext,
      leaseMs,
      failed: (thrown) => this.#report('extend', thrown),
      lost: () => this.#leaseLost(claim),
    });
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
    const error = toError(thrown);
    const at = clock.now();
    signals.emit({ type: 'store.failed', at, store: 'scheduled-events', operation, error });
  }
}

/** A later occurrence has fallen due before this one was taken up. */
function wasMissed({ recurrence }: Schedule, { event }: ClaimedEvent, now: number): boolean {
  const after = recurrence.next(event.scheduledAt!); // occurrences have an instant
  return after !== undefined && after <= now;
}
