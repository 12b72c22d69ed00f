import type { AsyncResource } from 'node:async_hooks';
import { LeaseLostError } from '../errors.ts';
import type { ClaimedEvent, ScheduledEventStore } from '../stores/scheduled-event-store.ts';
import type { Clock } from '../timing/clock.ts';

/** What a lease needs. */
export interface ClaimLeaseOptions {
  readonly store: ScheduledEventStore;
  readonly clock: Clock;
  readonly rootContext: AsyncResource;
  readonly leaseMs: number;
  /** The lease could not be extended for now. */
  readonly failed: (thrown: unknown) => void;
  readonly lost: () => void;
}

/** A lease is extended this often while it lasts, so that one failure does not lose it. */
const EXTENSIONS_PER_LEASE = 3;

/** Keeps a claim while its event is handled. Losing it aborts the handlers. */
export class ClaimLease implements Disposable {
  isLost = false;
  readonly #claim: ClaimedEvent;
  readonly #options: ClaimLeaseOptions;
  #abort: ((reason: unknown) => void) | undefined;
  #timer: Disposable | undefined;
  #isOver = false;

  constructor(claim: ClaimedEvent, options: ClaimLeaseOptions) {
    this.#claim = claim;
    this.#options = options;
    this.#arm();
  }

  /** What to call when the lease is lost. */
  aborting(abort: (reason: unknown) => void): void {
    this.#abort = abort;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer?.[Symbol.dispose]();
  }

  #arm(): void {
    const { leaseMs, clock, rootContext } = this.#options;
    if (this.#isOver || leaseMs === Infinity) return;
    this.#timer = rootContext.runInAsyncScope(() =>
      clock.setTimer(() => void this.#extend(), leaseMs / EXTENSIONS_PER_LEASE),
    );
  }

  async #extend(): Promise<void> {
    const { store, leaseMs, failed, lost } = this.#options;
    try {
      if (await store.extend(this.#claim, leaseMs)) {
        this.#arm();
        return;
      }
    } catch (thrown) {
      failed(thrown);
      this.#arm();
      return;
    }
    if (this.#isOver) return;
    this.isLost = true;
    lost();
    this.#abort?.(new LeaseLostError(this.#claim.event.id));
  }
}
