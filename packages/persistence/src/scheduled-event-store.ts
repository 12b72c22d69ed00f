import type { EventMessage } from '@llmgine/core';
import {
  checkStoreNumbers,
  type ClaimedEvent,
  scheduleOf,
  type ClaimRequest,
  type HeldInstead,
  type KnownWork,
  type ScheduledEntry,
  type ScheduledEventStore,
  type UnknownWork,
} from '@llmgine/core/stores';
import type { RowValues } from './database/insert-rows.ts';
import type { Row, Statement, Work } from './database/statement.ts';
import { FOREVER } from './database/store-clock.ts';
import { EarlierEvents } from './earlier-events.ts';
import {
  createScheduledEventInserter,
  type ScheduledEventInserter,
} from './insert-scheduled-events.ts';
import {
  createScheduledEventQueries,
  type ScheduledEventQueries,
} from './scheduled-event-queries.ts';
import { SaveQueue } from './save-queue.ts';
import { storedText, type StoreContext } from './store-context.ts';

/** A store of scheduled events, and what a transaction beside it needs. */
export interface DurableScheduledEventStore extends ScheduledEventStore {
  onEarlier(wake: () => void): Disposable;
  /** Something may have been saved that this store has not seen. */
  wake(): void;
}

/** How a store of scheduled events hears of other processes. */
export interface ScheduledEventStoreOptions {
  readonly onOtherWrites?: ((wake: () => void) => Disposable) | undefined;
}

/** How many events are read at a time. */
const PAGE = 1_000;

/** Makes the store of future events. */
export function createScheduledEventStore(
  context: StoreContext,
  { onOtherWrites }: ScheduledEventStoreOptions = {},
): DurableScheduledEventStore {
  return new DatabaseScheduledEventStore(context, onOtherWrites);
}

class DatabaseScheduledEventStore implements DurableScheduledEventStore {
  readonly #context: StoreContext;
  readonly #onOtherWrites: ScheduledEventStoreOptions['onOtherWrites'];
  readonly #queries: ScheduledEventQueries;
  readonly #inserter: ScheduledEventInserter;
  readonly #saves: SaveQueue;
  readonly #earlier = new EarlierEvents();

  constructor(context: StoreContext, onOtherWrites: ScheduledEventStoreOptions['onOtherWrites']) {
    this.#context = context;
    this.#onOtherWrites = onOtherWrites;
    this.#queries = createScheduledEventQueries(context);
    this.#inserter = createScheduledEventInserter(context);
    this.#saves = new SaveQueue(context.dialect, context.executor, this.#inserter);
  }

  async now(): Promise<number> {
    const { rows } = await this.#context.executor.read(this.#queries.now);
    return Number(rows[0]!['now']);
  }

  async save(events: readonly EventMessage[]): Promise<ReadonlyMap<string, HeldInstead>> {
    const undated = events.some((event) => event.scheduledAt === undefined);
    const now = undated ? await this.now() : 0;
    const rows = events.map((event) => this.#rowOf(event, now));
    const refused = await this.#saves.save(rows.map(({ values }) => values));
    let earliest = Infinity;
    for (const { at } of rows) earliest = Math.min(earliest, at);
    this.#earlier.saved(earliest);
    return refused.length === 0 ? nothingInstead : this.#heldInstead(events, refused);
  }

  async claimDue({
    types,
    schedules,
    count,
    leaseMs,
  }: ClaimRequest): Promise<readonly ClaimedEvent[]> {
    checkStoreNumbers('claim events', { count, leaseMs });
    const { rows } = await this.#context.executor.runOnce(
      this.#queries.claimDue({ types, schedules, count, leaseMs: lease(leaseMs) }),
    );
    return rows
      .map(claimOf)
      .toSorted(byInstant)
      .map(({ claim }) => claim);
  }

  async extend({ event: { id }, epoch }: ClaimedEvent, leaseMs: number): Promise<boolean> {
    checkStoreNumbers('extend a lease', { leaseMs });
    const extend = this.#queries.extend({ id, epoch, leaseMs: lease(leaseMs) });
    return (await this.#context.executor.run(extend)).changes > 0;
  }

  async settle({ event: { id }, epoch }: ClaimedEvent, next?: EventMessage): Promise<boolean> {
    const { executor } = this.#context;
    const settle = this.#queries.settle({ id, epoch });
    if (!next) return (await executor.runOnce(settle)).changes > 0;
    const row = this.#rowOf(next, next.scheduledAt ?? (await this.now()));
    const settled = await executor.transact(() => this.#settling(settle, [row.values]));
    if (settled) this.#earlier.saved(row.at);
    return settled;
  }

  async release({ event: { id }, epoch }: ClaimedEvent): Promise<void> {
    await this.#context.executor.run(this.#queries.release({ id, epoch }));
  }

  async cancel(id: string): Promise<boolean> {
    return (await this.#context.executor.runOnce(this.#queries.cancel({ id }))).changes > 0;
  }

  async reschedule(id: string, at: number): Promise<boolean> {
    checkStoreNumbers('reschedule an event', { at });
    const moved = this.#queries.reschedule({ id, at: instant(at) });
    const { rows } = await this.#context.executor.runOnce(moved);
    if (rows.length > 0) this.#earlier.saved(instant(at));
    return rows.length > 0;
  }

  async *list(): AsyncGenerator<ScheduledEntry> {
    const { executor } = this.#context;
    // The order first: it is small, and what is removed meanwhile is then passed over.
    const { rows: ordered } = await executor.read(this.#queries.order);
    const order = ordered.map((row) => Number(row['seq']));
    for (let from = 0; from < order.length; from += PAGE) {
      const { rows } = await executor.read(this.#queries.page(order.slice(from, from + PAGE)));
      yield* rows.toSorted(byInstantOfRow).map(entryOf);
    }
  }

  async nextDueInMs(known?: KnownWork): Promise<number | undefined> {
    this.#earlier.asking();
    const { rows } = await this.#context.executor.read(this.#queries.nextDue(known));
    if (rows[0]) this.#earlier.told(Number(rows[0]['at']));
    return rows[0] && Math.max(0, Number(rows[0]['wait']));
  }

  async unknownWork(known: KnownWork): Promise<readonly UnknownWork[]> {
    const { rows } = await this.#context.executor.read(this.#queries.unknownWork(known));
    return rows.map(({ type, schedule, id }) => ({
      type: String(type),
      id: String(id),
      ...(typeof schedule === 'string' && { schedule }),
    }));
  }

  onEarlier(wake: () => void): Disposable {
    return this.#earlier.add(wake, this.#onOtherWrites);
  }

  wake(): void {
    this.#earlier.wake();
  }

  *#settling(settle: Statement, next: readonly RowValues[]): Work<boolean> {
    const { changes } = yield settle;
    if (changes === 0) return false;
    for (const insert of this.#inserter.statements(next)) yield insert;
    return true;
  }

  #rowOf(event: EventMessage, now: number): { readonly at: number; readonly values: RowValues } {
    const at = instant(event.scheduledAt ?? now);
    const message = this.#textOf(event);
    const schedule = scheduleOf(event) ?? null;
    return { at, values: [event.id, event.type, at, at, message, schedule] };
  }

  #textOf(event: EventMessage): string {
    return storedText(`Event '${event.type}'`, event, this.#context.maxMessageBytes);
  }

  /** Saves again what was refused for something that is gone by now. */
  async #heldInstead(
    events: readonly EventMessage[],
    refused: readonly string[],
  ): Promise<ReadonlyMap<string, HeldInstead>> {
    const instead = new Map<string, HeldInstead>();
    const gone: EventMessage[] = [];
    for (const id of new Set(refused)) {
      const event = events.findLast((each) => each.id === id)!; // only what was given can be refused
      const { rows } = await this.#context.executor.read(this.#queries.inPlaceOf(event));
      if (!rows[0]) gone.push(event);
      // The very same, saved before, or twice since the first answer was lost.
      else if (rows[0]['message'] !== this.#textOf(event)) instead.set(id, heldOf(rows[0]));
    }
    if (gone.length === 0) return instead;
    return new Map([...instead, ...(await this.save(gone))]);
  }
}

const nothingInstead: ReadonlyMap<string, HeldInstead> = new Map();

function heldOf(row: Row): HeldInstead {
  return { id: String(row['id']), scheduledAt: Number(row['scheduled_at']) };
}

function entryOf(row: Row): ScheduledEntry {
  const event = eventOf(row);
  const claimed = Number(row['held']) === 1;
  return { id: event.id, event, scheduledAt: Number(row['scheduled_at']), claimed };
}

/** The instant may have been moved after the message was written. */
function eventOf(row: Row): EventMessage {
  const event = JSON.parse(String(row['message'])) as EventMessage;
  const scheduledAt = Number(row['scheduled_at']);
  const unmoved = event.scheduledAt === undefined || instant(event.scheduledAt) === scheduledAt;
  return unmoved ? event : { ...event, scheduledAt };
}

interface OrderedClaim {
  readonly scheduledAt: number;
  readonly seq: number;
  readonly claim: ClaimedEvent;
}

function claimOf(row: Row): OrderedClaim {
  return {
    scheduledAt: Number(row['scheduled_at']),
    seq: Number(row['seq']),
    claim: { event: eventOf(row), epoch: Number(row['epoch']) },
  };
}

function byInstantOfRow(one: Row, other: Row): number {
  return (
    Number(one['scheduled_at']) - Number(other['scheduled_at']) ||
    Number(one['seq']) - Number(other['seq'])
  );
}

function byInstant(one: OrderedClaim, other: OrderedClaim): number {
  return one.scheduledAt - other.scheduledAt || one.seq - other.seq;
}

/** Columns hold whole milliseconds; an event is never early. */
function instant(at: number): number {
  return Math.max(-FOREVER, Math.min(Math.ceil(at), FOREVER));
}

function lease(leaseMs: number): number {
  return Math.min(Math.ceil(leaseMs), Math.floor(FOREVER / 2));
}
