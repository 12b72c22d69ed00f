import {
  createLaneQueue,
  isBusEventType,
  type EnqueueOptions,
  type EventQueue,
  type MaybePromise,
  type QueueEntry,
} from '@llmgine/core';
import { sleep } from '@llmgine/core/timing';
import { wiringOf, type Wiring, type WiringOptions } from '../wiring.ts';
import { BackpressureStrategy } from './backpressure-strategy.ts';
import { assertQueueOptions, type BoundedQueueOptions } from './bounded-queue-options.ts';
import { EvictableEntries } from './evictable-entries.ts';
import { PressureGauge } from './pressure-gauge.ts';
import type { QueueMetrics } from './queue-metrics.ts';
import { RoomWaiters } from './room-waiters.ts';

/** The bus's lanes with a bound round them. */
export interface BoundedEventQueue extends EventQueue {
  /** The queue as it is now. */
  metrics(): QueueMetrics;
  reset(): void;
}

/** How long publishers are slowed down: from the high-water mark on, and just before the queue is full. */
const SHORTEST_DELAY_MS = 1;
const LONGEST_DELAY_MS = 100;
/** Those who must not wait go beyond the capacity, up to so many times of it. */
const OVERFLOW = 2;

/**
 * Makes a queue that holds a bounded number of events.
 * @throws InvalidOptionsError
 */
export function createBoundedEventQueue(
  options: BoundedQueueOptions & WiringOptions = {},
): BoundedEventQueue {
  assertQueueOptions(options);
  return new BoundedQueue(options, wiringOf(options));
}

class BoundedQueue implements BoundedEventQueue {
  readonly #capacity: number;
  readonly #strategy: BackpressureStrategy;
  readonly #evictsAny: boolean;
  readonly #highMark: number;
  readonly #wiring: Wiring;
  readonly #pressure: PressureGauge;
  readonly #lanes = createLaneQueue();
  readonly #evictable = new EvictableEntries();
  readonly #waiters = new RoomWaiters();
  #totals = noTotals();

  constructor(options: BoundedQueueOptions, wiring: Wiring) {
    const { capacity = 10_000, highWaterMark = 0.8, lowWaterMark = 0.5 } = options;
    this.#capacity = capacity;
    this.#strategy = options.strategy ?? BackpressureStrategy.DROP_OLDEST;
    this.#evictsAny = options.dropOldest === 'any';
    this.#highMark = Math.max(Math.ceil(capacity * highWaterMark), 1);
    this.#wiring = wiring;
    const low = Math.min(Math.floor(capacity * lowWaterMark), this.#highMark - 1);
    this.#pressure = new PressureGauge({ high: this.#highMark, low }, wiring);
  }

  get size(): number {
    return this.#lanes.size - this.#evictable.leftOvers;
  }

  enqueue(entry: QueueEntry, options: EnqueueOptions): MaybePromise<'accepted' | 'rejected'> {
    const { size } = this;
    const mayWait = options.mayWait && !isBusEventType(entry.event.type);
    if (size < this.#capacity && (this.#waiters.size === 0 || !mayWait)) {
      this.#accept(entry);
      if (this.#strategy !== BackpressureStrategy.ADAPTIVE_RATE_LIMIT || !mayWait)
        return 'accepted';
      return size + 1 < this.#highMark ? 'accepted' : this.#slowedDown(options.signal);
    }
    return this.#enqueueWhenFull(entry, { ...options, mayWait });
  }

  next(): QueueEntry | undefined {
    for (let entry = this.#lanes.next(); entry; entry = this.#lanes.next()) {
      if (this.#evictable.leave(entry)) {
        this.#lanes.release(entry);
        continue;
      }
      this.#totals.dequeued++;
      this.#roomWasMade();
      return entry;
    }
    return undefined;
  }

  release(entry: QueueEntry): void {
    this.#lanes.release(entry);
  }

  remove(matches: (entry: QueueEntry) => boolean): readonly QueueEntry[] {
    this.#waiters.reject(matches);
    const removed = this.#lanes.remove(
      (entry) => this.#evictable.isLeftOver(entry) || matches(entry),
    );
    const queued = removed.filter((entry) => !this.#evictable.leave(entry));
    this.#totals.removed += queued.length;
    if (queued.length > 0) this.#roomWasMade();
    return queued;
  }

  reset(): void {
    this.#totals = noTotals();
    this.#totals.largest = this.size;
    this.#waiters.rejected = 0;
    this.#pressure.reset();
  }

  metrics(): QueueMetrics {
    const { enqueued, dequeued, dropped, rejected, removed, largest } = this.#totals;
    return {
      currentSize: this.size,
      maxSize: this.#capacity,
      totalEnqueued: enqueued,
      totalDequeued: dequeued,
      totalDropped: dropped,
      totalRejected: rejected + this.#waiters.rejected,
      totalRemoved: removed,
      highWaterMarkHits: this.#pressure.hits,
      maxSizeReached: largest,
      backpressureActive: this.#pressure.active,
      waiting: this.#waiters.size,
    };
  }

  #accept(entry: QueueEntry): void {
    this.#totals.enqueued++;
    if (this.#mayEvict(entry)) this.#evictable.add(entry);
    void this.#lanes.enqueue(entry, { mayWait: false });
    const { size } = this;
    if (size > this.#totals.largest) this.#totals.largest = size;
    this.#pressure.rose(size);
  }

  /** Only one strategy evicts. Facts, the bus's own events and those that a store has claimed stay. */
  #mayEvict({ evictable, event }: QueueEntry): boolean {
    if (this.#strategy !== BackpressureStrategy.DROP_OLDEST || isBusEventType(event.type))
      return false;
    return evictable || (this.#evictsAny && event.scheduledAt === undefined);
  }

  #enqueueWhenFull(
    entry: QueueEntry,
    { signal, mayWait }: EnqueueOptions,
  ): MaybePromise<'accepted' | 'rejected'> {
    const waits = this.#strategy === BackpressureStrategy.ADAPTIVE_RATE_LIMIT && mayWait;
    if (waits && !signal?.aborted) return this.#waiters.wait(entry, signal);
    // A due event that is refused stays held, where it came from.
    const limit = mayWait || entry.event.scheduledAt !== undefined ? 1 : OVERFLOW;
    if (this.#evictOldest() || this.size < this.#capacity * limit) {
      this.#accept(entry);
      return 'accepted';
    }
    this.#totals.rejected++;
    return 'rejected';
  }

  #evictOldest(): boolean {
    const evicted = this.#evictable.evictOldest();
    if (!evicted) return false;
    this.#totals.dropped++;
    this.#cleanLanes();
    evicted.settle({ status: 'dropped', reason: 'evicted' });
    return true;
  }

  #cleanLanes(): void {
    if (!this.#evictable.tooManyLeftOvers) return;
    for (const entry of this.#lanes.remove((each) => this.#evictable.isLeftOver(each))) {
      this.#evictable.leave(entry);
    }
  }

  /** The event is in, in its order; it is the publisher who goes on later. */
  async #slowedDown(signal: AbortSignal | undefined): Promise<'accepted'> {
    const fill = Math.min((this.size - this.#highMark) / (this.#capacity - this.#highMark || 1), 1);
    const delayMs = SHORTEST_DELAY_MS + fill * (LONGEST_DELAY_MS - SHORTEST_DELAY_MS);
    await sleep(delayMs, { signal, clock: this.#wiring.clock });
    return 'accepted';
  }

  #roomWasMade(): void {
    while (this.#waiters.size > 0 && this.size < this.#capacity) {
      this.#waiters.admit((entry) => this.#accept(entry));
    }
    this.#pressure.fell(this.size);
  }
}

function noTotals() {
  return { enqueued: 0, dequeued: 0, dropped: 0, rejected: 0, removed: 0, largest: 0 };
}
