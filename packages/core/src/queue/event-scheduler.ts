import type { Recurrence, ScheduleOptions } from '../bus/message-bus.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import { InvalidOptionsError } from '../errors.ts';
import { toError } from '../message/error-data.ts';
import type { EventMessage } from '../message/message.ts';
import type {
  ClaimedEvent,
  HeldInstead,
  KnownWork,
  ScheduledEntry,
  ScheduledEventStore,
} from '../stores/scheduled-event-store.ts';
import { ClaimHandling } from './claim-handling.ts';
import { DueTimer } from './due-timer.ts';
import type { EventSchedulerOptions } from './event-scheduler-options.ts';
import { RecurringSchedules } from './recurring-schedules.ts';
import type { Schedule } from './schedule.ts';
import { UnknownWorkReports } from './unknown-work-reports.ts';

/** At most so many are claimed at once. */
const CLAIM_COUNT = 256;
/** After a full queue or a failing store. */
const RETRY_MS = 250;

/** Holds future events in a store and publishes them when they are due: claimed, extended while they run, settled after. */
export class EventScheduler {
  readonly #options: EventSchedulerOptions;
  readonly #store: ScheduledEventStore;
  readonly #timer: DueTimer;
  readonly #schedules: RecurringSchedules;
  readonly #handling: ClaimHandling;
  readonly #unknownWork: UnknownWorkReports;
  #running = false;
  #claiming: Promise<void> | undefined;
  #claimAgain = false;
  /** Something was stored that the schedules here may not know of. */
  #isUncertain = false;
  /** The queue is full: nothing is claimed until there may be room. */
  #holdsOff = false;
  #earlier: Disposable | undefined;

  constructor(options: EventSchedulerOptions) {
    this.#options = options;
    this.#store = options.store;
    const { store, clock, rootContext } = options;
    this.#timer = new DueTimer(clock, rootContext, () => this.#wake());
    this.#schedules = new RecurringSchedules({
      store,
      clock,
      hold: (event) => this.#save(event),
      failed: (thrown) => this.#report('schedule', thrown),
    });
    this.#unknownWork = new UnknownWorkReports(options);
    this.#handling = new ClaimHandling(options, {
      schedules: this.#schedules,
      report: (operation, thrown) => this.#report(operation, thrown),
      held: () => this.#held(),
      dropped: () => this.#holdOff(),
    });
  }

  get size(): number | undefined {
    return this.#store.size;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#earlier = this.#store.onEarlier?.(() => {
      this.#isUncertain = true;
      this.#wake();
    });
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
    await this.#handling.idle();
  }

  /** Holds an event. Rejects when the store cannot keep it. */
  async hold(event: EventMessage): Promise<PublishReceipt> {
    const instead = await this.#save(event);
    if (instead) {
      return { status: 'scheduled', scheduledAt: instead.scheduledAt, alreadyHeld: true };
    }
    this.#held();
    return { status: 'scheduled', scheduledAt: event.scheduledAt! }; // only future events are held
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
    this.#unknownWork.clear();
    if (!this.#options.isShared) this.#store.reset?.();
  }

  async #begin(schedule: Schedule): Promise<void> {
    try {
      await this.#schedules.hold(schedule);
      // Also when an occurrence was there before: now it may be claimed here.
      if (this.#running) this.#wake();
    } catch (thrown) {
      this.#report('schedule', thrown);
      if (this.#running) this.#timer.set(RETRY_MS);
    }
  }

  /** Resolves to what is held instead, if something is. */
  async #save(event: EventMessage): Promise<HeldInstead | undefined> {
    const instead = await this.#watched('save', () => this.#store.save([event]));
    const held = instead.get(event.id);
    const { signals, clock } = this.#options;
    if (!held && signals.wants('event.scheduled')) {
      const scheduledAt = event.scheduledAt!; // only future events are held
      signals.emit({ type: 'event.scheduled', at: clock.now(), event, scheduledAt });
    }
    return held;
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
    const { leaseMs } = this.#options;
    try {
      const known = this.#knownWork();
      for (let isFull = true; isFull && this.#running && !this.#holdsOff;) {
        const claims = await this.#store.claimDue({ ...known, count: CLAIM_COUNT, leaseMs });
        await this.#takeAll(claims);
        isFull = claims.length === CLAIM_COUNT;
      }
      await this.#holdMissing();
      if (known) await this.#unknownWork.report(known);
      const dueInMs = await this.#store.nextDueInMs(known);
      if (dueInMs !== undefined && this.#running) this.#timer.set(dueInMs);
    } catch (thrown) {
      this.#report('claim', thrown);
      if (this.#running) this.#timer.set(RETRY_MS);
    }
  }

  /** What the bus holds itself nobody else can handle; undefined: all of it. */
  #knownWork(): KnownWork | undefined {
    const { isShared, knownTypes } = this.#options;
    return isShared ? { types: knownTypes(), schedules: this.#schedules.ids } : undefined;
  }

  async #holdMissing(): Promise<void> {
    const isUncertain = this.#isUncertain && this.#options.isShared;
    this.#isUncertain = false;
    await this.#schedules.holdMissing(isUncertain);
  }

  /** In their order. What was claimed when nobody runs any more is given back. */
  async #takeAll(claims: readonly ClaimedEvent[]): Promise<void> {
    const recurs = claims.some((claim) => this.#schedules.of(claim));
    const takenUpAt = recurs ? await this.#store.now() : 0;
    if (this.#running) for (const claim of claims) this.#handling.take(claim, takenUpAt);
    else await Promise.all(claims.map((claim) => this.#store.release(claim)));
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
