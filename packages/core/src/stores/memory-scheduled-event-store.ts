import type { EventMessage } from '../message/message.ts';
import { DueTimeHeap, type DueItem } from '../queue/due-time-heap.ts';
import type { Clock } from '../timing/clock.ts';
import { systemClock } from '../timing/system-clock.ts';
import type {
  ClaimedEvent,
  ClaimRequest,
  ScheduledEntry,
  ScheduledEventStore,
} from './scheduled-event-store.ts';

/** In which heap an event is tells whether it is claimed; `dueAt` is then when its lease lapses, in monotonic time. */
interface HeldEvent extends DueItem {
  event: EventMessage;
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

  async save(events: readonly EventMessage[]): Promise<void> {
    const earliest = this.#waiting.peek();
    for (const event of events) this.#hold(event);
    if (this.#waiting.peek() !== earliest) this.#wake();
  }

  async claimDue({ types, count, leaseMs }: ClaimRequest): Promise<readonly ClaimedEvent[]> {
    this.#takeBackLapsed();
    const now = this.#clock.now();
    const claims: ClaimedEvent[] = [];
    const passedOver: HeldEvent[] = [];

    while (claims.length < count) {
      const held = this.#waiting.peek();
      if (!held || held.dueAt > now) break;
      this.#waiting.remove(held);
      if (types && !types.includes(held.event.type)) passedOver.push(held);
      else claims.push(this.#claim(held, leaseMs));
    }
    for (const held of passedOver) this.#waiting.add(held);
    return claims;
  }

  async extend(claim: ClaimedEvent, leaseMs: number): Promise<boolean> {
    const held = this.#owned(claim);
    if (!held) return false;
    this.#claimed.move(held, this.#clock.monotonic() + leaseMs);
    return true;
  }

  async settle(claim: ClaimedEvent, next?: EventMessage): Promise<boolean> {
    const held = this.#owned(claim);
    if (!held) return false;
    this.#claimed.remove(held);
    this.#byId.delete(held.event.id);
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
    this.#byId.delete(id);
    return true;
  }

  async reschedule(id: string, at: number): Promise<boolean> {
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

  async nextDueInMs(types?: readonly string[]): Promise<number | undefined> {
    this.#takeBackLapsed();
    const waiting = types ? this.#firstOf(types) : this.#waiting.peek();
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

  async unknownTypes(known: readonly string[]): Promise<readonly { type: string; id: string }[]> {
    const now = this.#clock.now();
    const first = new Map<string, string>();
    for (const { event, dueAt } of this.#waiting.values()) {
      if (dueAt > now || known.includes(event.type) || first.has(event.type)) continue;
      first.set(event.type, event.id);
    }
    return Array.from(first, ([type, id]) => ({ type, id }));
  }

  reset(): void {
    this.#waiting.clear();
    this.#claimed.clear();
    this.#byId.clear();
  }

  #hold(event: EventMessage): void {
    if (this.#byId.has(event.id)) return;
    const scheduledAt = event.scheduledAt ?? this.#clock.now();
    const order = this.#order++;
    const held = { event, scheduledAt, epoch: 0, dueAt: scheduledAt, order, heapIndex: -1 };
    this.#byId.set(event.id, held);
    this.#waiting.add(held);
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

  /** Events of other types are passed over; usually there are none. */
  #firstOf(types: readonly string[]): HeldEvent | undefined {
    const passedOver: HeldEvent[] = [];
    let held = this.#waiting.peek();
    while (held && !types.includes(held.event.type)) {
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
