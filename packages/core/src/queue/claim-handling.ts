import type { PublishReceipt } from '../bus/publish-receipt.ts';
import { upcast } from '../message/upcast.ts';
import type { ClaimedEvent } from '../stores/scheduled-event-store.ts';
import { ClaimLease } from './claim-lease.ts';
import type { EventSchedulerOptions } from './event-scheduler-options.ts';
import type { RecurringSchedules } from './recurring-schedules.ts';
import type { Schedule } from './schedule.ts';

/** What the handling of claims needs of the scheduler. */
export interface ClaimHandlingParts {
  readonly schedules: RecurringSchedules;
  readonly report: (operation: string, thrown: unknown) => void;
  /** An occurrence was held. */
  readonly held: () => void;
  /** The queue was full. */
  readonly dropped: () => void;
}

/** Publishes claimed events, keeps their leases while their handlers run, and settles them after. */
export class ClaimHandling {
  readonly #options: EventSchedulerOptions;
  readonly #parts: ClaimHandlingParts;
  readonly #running = new Set<Promise<void>>();

  constructor(options: EventSchedulerOptions, parts: ClaimHandlingParts) {
    this.#options = options;
    this.#parts = parts;
  }

  take(claim: ClaimedEvent, takenUpAt: number): void {
    const schedule = this.#parts.schedules.of(claim);
    if (schedule) schedule.taken = true;
    const handling = this.#handle(claim, takenUpAt)
      .catch((thrown: unknown) => this.#parts.report('settle', thrown))
      .finally(() => {
        if (schedule) schedule.taken = false;
        this.#running.delete(handling);
      });
    this.#running.add(handling);
  }

  /** Resolves when nothing is being handled. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #handle(claim: ClaimedEvent, takenUpAt: number): Promise<void> {
    const schedule = this.#parts.schedules.of(claim);
    if (schedule?.onMissed === 'skip' && wasMissed(schedule, claim, takenUpAt)) {
      return this.#settle(claim, takenUpAt);
    }
    using lease = this.#lease(claim);
    const receipt = await this.#publish(claim, lease);
    if (lease.isLost) return undefined;
    if (receipt.status !== 'dropped') return this.#settle(claim, takenUpAt);
    this.#parts.dropped();
    return this.#options.store.release(claim);
  }

  /** Stored data of an older version is raised to the one known here. */
  #publish(claim: ClaimedEvent, lease: ClaimLease): Promise<PublishReceipt> {
    const definition = this.#options.definition(claim.event.type);
    const event = definition ? upcast(claim.event, definition) : claim.event;
    return this.#options.publishDue({ ...claim, event }, (abort) => lease.aborting(abort));
  }

  async #settle(claim: ClaimedEvent, takenUpAt: number): Promise<void> {
    const { store } = this.#options;
    const { schedules, held } = this.#parts;
    const schedule = schedules.of(claim);
    const now = schedule ? await store.now() : 0;
    const next = schedule && schedules.after(schedule, claim, { takenUpAt, now });
    if (!(await store.settle(claim, next))) this.#leaseLost(claim);
    else if (next) held();
  }

  #lease(claim: ClaimedEvent): ClaimLease {
    const { store, clock, rootContext, leaseMs } = this.#options;
    return new ClaimLease(claim, {
      store,
      clock,
      rootContext,
      leaseMs,
      failed: (thrown) => this.#parts.report('extend', thrown),
      lost: () => this.#leaseLost(claim),
    });
  }

  #leaseLost({ event }: ClaimedEvent): void {
    const { signals, clock } = this.#options;
    signals.emit({ type: 'schedule.lease-lost', at: clock.now(), event });
  }
}

/** A later occurrence has fallen due before this one was taken up. */
function wasMissed({ recurrence }: Schedule, { event }: ClaimedEvent, now: number): boolean {
  const after = recurrence.next(event.scheduledAt!); // occurrences have an instant
  return after !== undefined && after <= now;
}
