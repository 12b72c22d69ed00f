import type { EventMessage } from '../message/message.ts';
import { DueTimeHeap, type DueItem } from '../queue/due-time-heap.ts';
import type { Clock } from '../timing/clock.ts';
import { systemClock } from '../timing/system-clock.ts';
import { checkStoreNumbers } from './check-store-numbers.ts';
import { scheduleOf } from './schedule-of.ts';
import type {
  ClaimedEvent,
  ClaimRequest,
  HeldInstead,
  KnownWork,
  ScheduledEntry,
  ScheduledEventStore,
  UnknownWork,
} from './scheduled-event-store.ts';

/** In which heap an event is tells whether it is claimed; `dueAt` is then when its lease lapses, in monotonic time. */
interface HeldEvent extends DueItem {
  event: EventMessage;
  readonly schedule: string | undefined;
  scheduledAt: number;
  /** The claim it is under; 0: none. */
  epoch: number;
}

/** A memory store knows at once what others must ask for. */
export interface MemoryScheduledEventStore extends ScheduledEventStore {
  readonly size: number;
  onEarlier(wake: () => void): Disposable;
  reset(): void;
}

/** Makes a store of future events that lasts as long as the process. */
export function createMemoryScheduledEventStore({
  clock = systemClock,
}: { readonly clock?: Clock | undefined } = {}): MemoryScheduledEventStore {
  return new HeldEvents(clock);
}

class HeldEvents implements MemoryScheduledEventStore {
  readonly #clock: Clock;
  readonly #byId = new Map<string, HeldEvent>();
  /** The one occurrence that is held of each recurring schedule. */
  readonly #bySchedule = new Map<string, HeldEvent>();
  readonly #waiting = new DueTimeHeap<HeldEvent>();
  readonly #claimed = new DueTimeHeap<HeldEvent>();
  readonly #wakers = new Set<() => void>();
  #order = 0;
  #epoch = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#byId.size;
  }

  async now(): Promise<number> {
    return this.#clock.now();
  }

  async save(events: readonly EventMessage[]): Promise<ReadonlyMap<string, HeldInstead>> {
    const earliest = this.#waiting.peek();
    const instead = new Map<string, HeldInstead>();
    for (const event of events) {
      const held = this.#hold(event);
      if (held.event === event) continue;
      instead.set(event.id, { id: held.event.id, scheduledAt: held.scheduledAt });
    }
    if (this.#waiting.peek() !== earliest) this.#wake();
    return instead;
  }

  async claimDue({ count, leaseMs, ...known }: ClaimRequest): Promise<readonly ClaimedEvent[]> {
    checkStoreNumbers('claim events', { count, leaseMs });
    this.#takeBackLapsed();
    const now = this.#clock.now();
    const claims: ClaimedEvent[] = [];
    const passedOver: HeldEvent[] = [];

    while (claims.length < count) {
      const held = this.#waiting.peek();
      if (!held || held.dueAt > now) break;
      this.#waiting.remove(held);
      if (!knows(known, held)) passedOver.push(held);
      else claims.push(this.#claim(held, leaseMs));
    }
    for (const held of passedOver) this.#waiting.add(held);
    return claims;
  }

  async extend(claim: ClaimedEvent, leaseMs: number): Promise<boolean> {
    checkStoreNumbers('extend a lease', { leaseMs });
    const held = this.#owned(claim);
    if (!held) return false;
    this.#claimed.move(held, this.#clock.monotonic() + leaseMs);
    return true;
  }

  async settle(claim: ClaimedEvent, next?: EventMessage): Promise<boolean> {
    const held = this.#owned(claim);
    if (!held) return false;
    this.#claimed.remove(held);
    this.#forget(held);
    if (next) await this.save([next]);
    return true;
  }

  async release(claim: ClaimedEvent): Promise<void> {
    const held = this.#owned(claim);
    if (!held) return;
    this.#claimed.remove(held);
    this.#wait(held);
    this.#wake();
  }

  async cancel(id: string): Promise<boolean> {
    const held = this.#unclaimed(id);
    if (!held) return false;
    this.#waiting.remove(held);
    this.#forget(held);
    return true;
  }

  async reschedule(id: string, at: number): Promise<boolean> {
    checkStoreNumbers('reschedule an event', { at });
    const held = this.#unclaimed(id);
    if (!held) return false;
    held.scheduledAt = at;
    held.event = { ...held.event, scheduledAt: at };
    this.#waiting.move(held, at);
    this.#wake();
    return true;
  }

  async *list(): AsyncGenerator<ScheduledEntry> {
    this.#takeBackLapsed();
    const all = [...this.#byId.values()].toSorted(
      (one, other) => one.scheduledAt - other.scheduledAt || one.order - other.order,
    );
    for (const { event, scheduledAt, epoch } of all) {
      yield { id: event.id, event, scheduledAt, claimed: epoch !== 0 };
    }
  }

  async nextDueInMs(known: KnownWork = {}): Promise<number | undefined> {
    this.#takeBackLapsed();
    const waiting = this.#firstOf(known);
    const claimed = this.#claimed.peek();
    const untilDueMs = waiting ? waiting.dueAt - this.#clock.now() : Infinity;
    const untilLapsedMs = claimed ? claimed.dueAt - this.#clock.monotonic() : Infinity;
    const nextMs = Math.max(0, Math.min(untilDueMs, untilLapsedMs));
    return nextMs === Infinity ? undefined : nextMs;
  }

  onEarlier(wake: () => void): Disposable {
    this.#wakers.add(wake);
    return { [Symbol.dispose]: () => void this.#wakers.delete(wake) };
  }

  async unknownWork(known: KnownWork): Promise<readonly UnknownWork[]> {
    const now = this.#clock.now();
    const first = new Map<string, UnknownWork>();
    for (const held of this.#waiting.values()) {
      const { event, schedule, dueAt } = held;
      const key = JSON.stringify([event.type, schedule]);
      if (dueAt > now || knows(known, held) || first.has(key)) continue;
      first.set(key, {
        type: event.type,
        id: event.id,
        ...(schedule !== undefined && { schedule }),
      });
    }
    return [...first.values()];
  }

  reset(): void {
    this.#waiting.clear();
    this.#claimed.clear();
    this.#byId.clear();
    this.#bySchedule.clear();
  }

  /** What is held then: the event given, or what was in its place. */
  #hold(event: EventMessage): HeldEvent {
    const schedule = scheduleOf(event);
    const there =
      this.#byId.get(event.id) ??
      (schedule === undefined ? undefined : this.#bySchedule.get(schedule));
    if (there) return there;
    const scheduledAt = event.scheduledAt ?? this.#clock.now();
    const order = this.#order++;
    const held = {
      event,
      schedule,
      scheduledAt,
      epoch: 0,
      dueAt: scheduledAt,
      order,
      heapIndex: -1,
    };
    this.#byId.set(event.id, held);
    if (schedule !== undefined) this.#bySchedule.set(schedule, held);
    this.#waiting.add(held);
    return held;
  }

  #forget({ event, schedule }: HeldEvent): void {
    this.#byId.delete(event.id);
    if (schedule !== undefined) this.#bySchedule.delete(schedule);
  }

  #claim(held: HeldEvent, leaseMs: number): ClaimedEvent {
    held.epoch = ++this.#epoch;
    held.dueAt = this.#clock.monotonic() + leaseMs;
    this.#claimed.add(held);
    return { event: held.event, epoch: held.epoch };
  }

  #wait(held: HeldEvent): void {
    held.epoch = 0;
    held.dueAt = held.scheduledAt;
    this.#waiting.add(held);
  }

  #takeBackLapsed(): void {
    if (this.#claimed.size === 0) return;
    const now = this.#clock.monotonic();
    for (let held = this.#claimed.peek(); held && held.dueAt <= now; held = this.#claimed.peek()) {
      this.#claimed.remove(held);
      this.#wait(held);
    }
  }

  /** The event of a claim that still holds. */
  #owned({ event, epoch }: ClaimedEvent): HeldEvent | undefined {
    this.#takeBackLapsed();
    const held = this.#byId.get(event.id);
    return held && held.epoch === epoch && epoch !== 0 ? held : undefined;
  }

  #unclaimed(id: string): HeldEvent | undefined {
    this.#takeBackLapsed();
    const held = this.#byId.get(id);
    return held?.epoch === 0 ? held : undefined;
  }

  /** What others must handle is passed over; usually there is none. */
  #firstOf(known: KnownWork): HeldEvent | undefined {
    const passedOver: HeldEvent[] = [];
    let held = this.#waiting.peek();
    while (held && !knows(known, held)) {
      this.#waiting.remove(held);
      passedOver.push(held);
      held = this.#waiting.peek();
    }
    for (const each of passedOver) this.#waiting.add(each);
    return held;
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
  }
}

function knows({ types, schedules }: KnownWork, { event, schedule }: HeldEvent): boolean {
  if (types && !types.includes(event.type)) return false;
  return schedule === undefined || !schedules || schedules.includes(schedule);
}
