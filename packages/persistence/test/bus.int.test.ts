import {
  createMessageBus,
  defineEvent,
  every,
  sessionId,
  systemClock,
  typeOnly,
  type Clock,
  type EventMessage,
  type MessageBus,
} from '@llmgine/core';
import { createRecordedSignals } from '@llmgine/testing';
import { sql } from 'kysely';
import { Client } from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { openPersistence, replayEvents, type Persistence } from '../src/index.ts';
import {
  databases,
  lastingDatabases,
  openForTest,
  postgres,
  sqliteFile,
} from './support/databases.ts';

const Reminder = defineEvent('reminder', { data: typeOnly<{ readonly text: string }>() });
const Unknown = defineEvent('unknown', { data: typeOnly<object>() });
const Beat = defineEvent('beat', { data: typeOnly<object>(), lane: 'none' });

function aBus(persistence: Persistence, options: { clock?: Clock } = {}): MessageBus {
  const bus = createMessageBus({ ...persistence.busOptions(), ...options });
  onTestFinished(async () => {
    await bus.stop({ deadlineMs: 100 });
  });
  return bus;
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

async function until(fact: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await fact())) await pause(5);
}

describe.each(databases)('a bus on $name', (database) => {
  it('holds a future event on disk, handles it when due, and then forgets it (5.3)', async () => {
    const persistence = await openForTest(database.create());
    const bus = aBus(persistence);
    const handled: EventMessage[] = [];
    bus.registerEventHandler(Reminder, (event) => void handled.push(event));
    await bus.start();
    const event = Reminder(
      { text: 'tea' },
      { scheduledAt: Date.now() + 60, sessionId: sessionId('s'), metadata: { a: 1 } },
    );

    const receipt = await bus.publish(event);
    const held = await bus.listScheduled();
    await until(async () => (await bus.listScheduled()).length === 0);

    expect(receipt.status).toBe('scheduled');
    expect(held.map(({ id }) => id)).toEqual([event.id]);
    expect(handled).toEqual([event]);
  });

  it('leaves an event of a type that nobody here knows, reports it, and goes on (5.5)', async () => {
    const persistence = await openForTest(database.create());
    const recorded = createRecordedSignals();
    const handled: string[] = [];
    await persistence.scheduledEvents.save([
      Unknown({}, { id: 'stranger', scheduledAt: 1 }),
      Reminder({ text: 'known' }, { scheduledAt: 2 }),
    ]);
    const bus = aBus(persistence);
    bus.addObserver(recorded);
    bus.registerEventHandler(Reminder, (event) => void handled.push(event.data.text));

    await bus.start();
    await until(() => handled.length === 1 && recorded.of('schedule.unknown-type').length === 1);

    expect(recorded.of('schedule.unknown-type')[0]).toMatchObject({ id: 'stranger' });
    expect(await persistence.scheduledEvents.cancel('stranger')).toBe(true);
  });

  it('logs what it accepts, and replays it (10.4)', async () => {
    const persistence = await openForTest({ ...database.create(), persistEvents: true });
    const bus = aBus(persistence);
    const handled: string[] = [];
    bus.registerEventHandler(Reminder, (event) => void handled.push(event.data.text));
    await bus.start();

    await bus.publish(Reminder({ text: 'a' }));
    await bus.publish(Reminder({ text: 'b' }));
    const replayed = await replayEvents(persistence.eventLog, { bus });

    expect(replayed).toBe(2);
    expect(handled).toEqual(['a', 'b', 'a', 'b']);
  });

  it('has flushed the log when it has stopped (10.4)', async () => {
    const persistence = await openForTest({ ...database.create(), persistEvents: true });
    const bus = aBus(persistence);
    await bus.start();
    for (let count = 0; count < 500; count++) {
      void bus.publish(Reminder({ text: String(count) }), { awaitProcessing: false });
    }

    await bus.stop();

    expect(persistence.eventLog.buffered).toBe(0);
  });

  it('handles in time what a transaction on its own connection has saved', async () => {
    const persistence = await openForTest(database.create());
    const bus = aBus(persistence);
    const handled: string[] = [];
    bus.registerEventHandler(Reminder, (event) => void handled.push(event.data.text));
    await bus.start();
    await pause(20);

    await persistence.transaction((tx) =>
      tx.scheduledEvents.save([Reminder({ text: 'tea' }, { scheduledAt: Date.now() + 50 })]),
    );
    await until(() => handled.length > 0);

    expect(handled).toEqual(['tea']);
  });

  it('does not deadlock when a handler publishes a future event inside a transaction', async () => {
    const persistence = await openForTest(database.create());
    const bus = aBus(persistence);
    const later = Reminder({ text: 'later' }, { scheduledAt: Date.now() + 60_000 });
    await bus.start();

    const published = persistence.transaction(() => bus.publish(later));

    await expect(published).rejects.toMatchObject({ code: 'LLMGINE_STORE_IN_TRANSACTION' });
    expect(await bus.listScheduled()).toEqual([]);
  });
});

describe.each(lastingDatabases)('several buses on one $name', (database) => {
  it('handle each occurrence of a shared schedule once, and keep it going (5.2, 5.4)', async () => {
    const options = database.create();
    const occurrences: string[] = [];
    for (let index = 0; index < 3; index++) {
      const bus = aBus(await openForTest(options));
      bus.registerEventHandler(Beat, (event) => void occurrences.push(event.id));
      await bus.start();
      const schedule = bus.schedule(Beat({}), every(100), { id: 'beat' });
      onTestFinished(() => schedule[Symbol.dispose]());
    }

    await until(() => occurrences.length >= 8);

    expect(new Set(occurrences).size).toBe(occurrences.length);
    for (const id of occurrences) expect(id).toMatch(/^beat:\d+00$/);
  });

  it('see at once what another one holds for earlier (10.1)', async () => {
    const options = database.create();
    const [one, other] = [await openForTest(options), await openForTest(options)];
    const worker = aBus(one);
    let handledAt = 0;
    worker.registerEventHandler(Reminder, () => {
      handledAt = Date.now();
    });
    await worker.start();
    await worker.publish(Reminder({ text: 'in an hour' }, { scheduledAt: Date.now() + 3_600_000 }));
    await pause(100);

    const due = Date.now() + 150;
    await other.scheduledEvents.save([Reminder({ text: 'soon' }, { scheduledAt: due })]);
    await until(() => handledAt > 0);

    expect(handledAt).toBeGreaterThanOrEqual(due - 1);
  });

  it('see at once what another one holds, also behind an event that nobody here knows (10.1)', async () => {
    const options = database.create();
    const [one, other] = [await openForTest(options), await openForTest(options)];
    const worker = aBus(one);
    const handled: string[] = [];
    worker.registerEventHandler(Reminder, (event) => void handled.push(event.data.text));
    await other.scheduledEvents.save([Unknown({}, { scheduledAt: 1 })]);
    await worker.start();
    await pause(100);

    const scheduledAt = Date.now() + 50;
    await other.scheduledEvents.save([Reminder({ text: 'soon' }, { scheduledAt })]);
    await until(() => handled.length > 0);

    expect(handled).toEqual(['soon']);
  });

  it.each([-60_000, 60_000])(
    'are not misled by a clock that is %i ms off (5.4)',
    async (skewMs) => {
      const persistence = await openForTest(database.create());
      const clock: Clock = { ...systemClock, now: () => systemClock.now() + skewMs };
      const bus = aBus(persistence, { clock });
      const handled: string[] = [];
      bus.registerEventHandler(Reminder, (event) => void handled.push(event.data.text));
      await bus.start();

      const now = await persistence.scheduledEvents.now();
      await persistence.scheduledEvents.save([Reminder({ text: 'a' }, { scheduledAt: now + 80 })]);
      await until(() => handled.length > 0);

      expect(await persistence.scheduledEvents.now()).toBeGreaterThanOrEqual(now + 80);
    },
  );
});

describe.each(databases)('two buses on one connection to $name', (database) => {
  it('handle in time what only one of them knows, whatever the other waits for', async () => {
    const persistence = await openForTest(database.create());
    const [one, other] = [aBus(persistence), aBus(persistence)];
    let woken = 0;
    one.registerEventHandler(Reminder, () => {});
    other.registerEventHandler(Beat, () => {});
    await one.start();
    await other.start();
    await one.publish(Beat({}, { scheduledAt: Date.now() + 60_000 }));
    await pause(100);
    using _ = persistence.scheduledEvents.onEarlier?.(() => void woken++);

    await one.publish(Reminder({ text: 'later' }, { scheduledAt: Date.now() + 61_000 }));

    // A connection that begins to listen late wakes as well: something may have been saved before.
    expect(woken).toBeGreaterThan(0);
  });
});

describe('claiming', () => {
  it.each([1_000, 100_000])('searches an index with %i events waiting', async (waiting) => {
    const plans: string[] = [];
    for (const database of [sqliteFile, postgres]) {
      const { url, schema } = database.create();
      const persistence = await openForTest({ url, schema });
      const isSqlite = url.startsWith('sqlite');
      const table = isSqlite ? `${schema}_scheduled_events` : `${schema}.scheduled_events`;
      await persistence.transaction(async ({ database: db }) => {
        const series = isSqlite
          ? sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${sql.lit(waiting)}) select`
          : sql`select`;
        const source = isSqlite ? sql`n` : sql`generate_series(1, ${sql.lit(waiting)}) as n(i)`;
        await sql`insert into ${sql.raw(table)} (id, type, scheduled_at, available_at, message)
          ${series} 'e' || i, 'reminder', 4000000000000 + i, 4000000000000 + i, '{}' from ${source}`.execute(
          db,
        );
        if (!isSqlite) await sql`analyze ${sql.raw(table)}`.execute(db);
        const { rows } = await sql`${sql.raw(isSqlite ? 'explain query plan' : 'explain')}
          select seq from ${sql.raw(table)} where available_at <= 1 and type in ('reminder')
          order by available_at, seq limit 256`.execute(db);
        plans.push(JSON.stringify(rows));
      });
    }

    expect(plans[0]).toContain('USING INDEX message_bus_scheduled_events_by_availability');
    expect(plans[1]).toContain('scheduled_events_by_availability');
  });
});

describe('an idle bus', () => {
  it('asks PostgreSQL nothing', async () => {
    const options = postgres.create();
    const persistence = await openPersistence(options);
    const admin = new Client(inject('postgresUrl'));
    await admin.connect();
    onTestFinished(async () => {
      await persistence.close();
      await admin.end();
    });
    const bus = aBus(persistence);
    bus.registerEventHandler(Reminder, () => {});
    await bus.start();
    await bus.publish(Reminder({ text: 'later' }, { scheduledAt: Date.now() + 3_600_000 }));
    const lastQueries = async (): Promise<unknown> => {
      const { rows } = await admin.query(
        `select pid, query_start::text from pg_stat_activity where application_name = 'llmgine' and query like $1 order by pid`,
        [`%${options.schema}%`],
      );
      return rows;
    };
    await pause(300);

    const before = await lastQueries();
    await pause(1_200);

    expect(await lastQueries()).toEqual(before);
  });
});
