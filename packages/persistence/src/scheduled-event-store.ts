import type { EventMessage } from '@llmgine/core';
import type {
  ClaimedEvent,
  ClaimRequest,
  ScheduledEntry,
  ScheduledEventStore,
} from '@llmgine/core/stores';
import { createRowInserter } from './database/insert-rows.ts';
import type { Row, Work } from './database/statement.ts';
import { FOREVER } from './database/store-clock.ts';
import {
  createScheduledEventQueries,
  type ScheduledEventQueries,
} from './scheduled-event-queries.ts';
import { SaveQueue } from './save-queue.ts';
import { storedText, type StoreContext } from './store-context.ts';

/** How a store of scheduled events hears of other processes. */
export interface ScheduledEventStoreOptions {
  readonly onOtherWrites?: ((wake: () => void) => Disposable) | undefined;
}

/** How many events are read at a time. */
const PAGE = 500;

/** Makes the store of future events. */
export function createScheduledEventStore(
  context: StoreContext,
  { onOtherWrites }: ScheduledEventStoreOptions = {},
): ScheduledEventStore {
  const { executor, dialect, maxMessageBytes } = context;
  const queries = createScheduledEventQueries(context);
  const insertRows = createRowInserter({
    ...context,
    table: 'scheduled_events',
    columns: ['id', 'type', 'scheduled_at', 'available_at', 'message'],
    finish: (query) => query.onConflict((conflict) => conflict.column('id').doNothing()),
  });
  const wakeUp = new EarlierEvents();
  const saves = new SaveQueue(dialect, executor, (rows) =>
    mapped(insertRows(rows), queries.announced),
  );

  const store: ScheduledEventStore = {
    now: async () => Number((await executor.read(queries.now)).rows[0]!['now']),
    async save(events) {
      const now = events.some((event) => event.scheduledAt === undefined) ? await store.now() : 0;
      const rows = events.map((event) => rowOf(event, now, maxMessageBytes));
      await saves.save(rows);
      wakeUp.saved(Math.min(...rows.map(({ 2: at }) => at as number)));
    },
    async claimDue(request) {
      const { rows } = await executor.runOnce(queries.claimDue(claimValues(request)));
      return rows
        .map(claimOf)
        .toSorted(byInstant)
        .map(({ claim }) => claim);
    },
    async extend({ event: { id }, epoch }, leaseMs) {
      return (
        (await executor.run(queries.extend({ id, epoch, leaseMs: lease(leaseMs) }))).changes > 0
      );
    },
    async settle({ event: { id }, epoch }, next) {
      if (!next) return (await executor.runOnce(queries.settle({ id, epoch }))).changes > 0;
      const row = rowOf(next, await store.now(), maxMessageBytes);
      return executor.transact(() => settling({ id, epoch }, [row]));
    },
    async release({ event: { id }, epoch }) {
      await executor.run(queries.release({ id, epoch }));
    },
    cancel: async (id) => (await executor.runOnce(queries.cancel({ id }))).changes > 0,
    async reschedule(id, at) {
      return (await executor.runOnce(queries.reschedule({ id, at: instant(at) }))).rows.length > 0;
    },
    list: () => list(context, queries),
    async nextDueInMs(types) {
      const { rows } = await executor.read(queries.nextDue(types));
      wakeUp.next = rows[0] ? Number(rows[0]['at']) : Infinity;
      return rows[0] && Math.max(0, Number(rows[0]['wait']));
    },
    async unknownTypes(known) {
      const { rows } = await executor.read(queries.unknownTypes(known));
      return rows.map((row) => ({ type: String(row['type']), id: String(row['id']) }));
    },
  };
  return onOtherWrites ? { ...store, onEarlier: (wake) => wakeUp.add(wake, onOtherWrites) } : store;

  function* settling(claim: { id: string; epoch: number }, rows: unknown[][]): Work<boolean> {
    const { changes } = yield queries.settle(claim);
    if (changes === 0) return false;
    for (const statement of insertRows(rows)) yield queries.announced(statement);
    return true;
  }

  function claimValues({ types, count, leaseMs }: ClaimRequest) {
    return { types, count, leaseMs: lease(leaseMs) };
  }
}

/** Wakes for what this process saves itself: others hear of it from the database, the writer does not. */
class EarlierEvents {
  /** When the event is due that everybody knows of. */
  next = Infinity;
  readonly #wakers = new Set<() => void>();

  saved(at: number): void {
    if (at >= this.next) return;
    this.next = at;
    for (const wake of this.#wakers) wake();
  }

  add(wake: () => void, onOtherWrites: (wake: () => void) => Disposable): Disposable {
    const other = onOtherWrites(wake);
    this.#wakers.add(wake);
    return {
      [Symbol.dispose]: () => {
        this.#wakers.delete(wake);
        other[Symbol.dispose]();
      },
    };
  }
}

async function* list(
  { executor }: StoreContext,
  queries: ScheduledEventQueries,
): AsyncGenerator<ScheduledEntry> {
  // The order first: it is small, and what is removed meanwhile is then passed over.
  const order = (await executor.read(queries.order)).rows.map((row) => Number(row['seq']));
  for (let from = 0; from < order.length; from += PAGE) {
    const { rows } = await executor.read(queries.page(order.slice(from, from + PAGE)));
    for (const row of rows) {
      const event = eventOf(row);
      yield {
        id: event.id,
        event,
        scheduledAt: Number(row['scheduled_at']),
        claimed: Number(row['held']) === 1,
      };
    }
  }
}

function rowOf(event: EventMessage, now: number, maxBytes: number): unknown[] {
  const at = instant(event.scheduledAt ?? now);
  const message = storedText(`Event '${event.type}'`, event, maxBytes);
  return [event.id, event.type, at, at, message];
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

function mapped<Item>(items: Iterable<Item>, change: (item: Item) => Item): Item[] {
  return Array.from(items, change);
}
