import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { defineEvent, typeOnly } from '@llmgine/core';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { runDatabaseCommand } from '../src/cli/run-database-command.ts';
import {
  getAndDeleteUnfinishedEvents,
  openPersistence,
  persistEvent,
  saveUnfinishedEvents,
} from '../src/index.ts';
import { databases, lastingDatabases, openForTest, temporaryFolder } from './support/databases.ts';

const Said = defineEvent('said', { data: typeOnly<unknown>() });

async function command(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runDatabaseCommand(words, {
    environment: {},
    write: (text) => void (out += text),
    writeError: (text) => void (err += text),
  });
  return { code, out, err };
}

describe.each(lastingDatabases)('openPersistence on $name', (database) => {
  it('lets several open a new database at once (10.5)', async () => {
    const options = database.create();

    const opened = await Promise.all(Array.from({ length: 5 }, () => openForTest(options)));

    await opened[0]!.streams.append('s', 0, ['a']);
    expect(await opened[4]!.streams.append('s', 1, ['b'])).toBe(2);
  });

  it('refuses a database that a newer program migrated, and leaves it as it is (10.5)', async () => {
    const { url, schema } = database.create();
    const first = await openPersistence({ url, schema });
    const table = url.startsWith('sqlite')
      ? `${schema}_schema_versions`
      : `${schema}.schema_versions`;
    await first.transaction(async ({ database: db }) => {
      await db.insertInto(table).values({ version: 99, name: 'future', applied_at: 1 }).execute();
    });
    await first.close();

    await expect(openPersistence({ url, schema })).rejects.toMatchObject({
      code: 'LLMGINE_NEWER_DATABASE',
      databaseVersion: 99,
    });
  });

  it('refuses a database that is not up to date when it may not migrate', async () => {
    await expect(openPersistence({ ...database.create(), migrate: false })).rejects.toMatchObject({
      code: 'LLMGINE_DATABASE_SCHEMA',
    });
  });

  it('keeps schemas apart', async () => {
    const { url } = database.create();
    const [one, other] = [
      await openForTest({ url, schema: 'one' }),
      await openForTest({ url, schema: 'select' }),
    ];

    await one.streams.delete('s');
    await other.streams.delete('s');
    await one.streams.append('s', 0, ['a']);

    expect(await other.streams.append('s', 0, ['b'])).toBe(1);
  });

  it('says what an awaited write survives (10.3)', async () => {
    const { durability } = await openForTest(database.create());
    const relaxed = await openForTest({ ...database.create(), synchronous: 'NORMAL' });

    expect([durability, relaxed.durability]).toEqual(
      database.name === 'PostgreSQL' ? ['server', 'server'] : ['full', 'normal'],
    );
  });

  it('migrates, tells its status and finds what is wrong from the command line', async () => {
    const { url, schema } = database.create();
    const at = ['--url', url, '--schema', schema];

    expect(await command('status', ...at)).toMatchObject({
      code: 0,
      out: 'pending 1 initial\npending 2 recurring-schedules\n',
    });
    expect((await command('doctor', ...at)).code).toBe(1);
    expect(await command('migrate', ...at)).toMatchObject({
      code: 0,
      out: 'applied 1 initial\napplied 2 recurring-schedules\n',
    });
    expect(await command('migrate', ...at)).toMatchObject({ out: 'up to date at version 2\n' });
    expect((await command('status', ...at)).out).toContain('event_log: 0');
    expect(await command('doctor', ...at)).toMatchObject({
      code: 0,
      out: expect.stringContaining('no problems found'),
    });
  });

  it('brings a database of version 1 up to date with what it holds (10.5)', async () => {
    const { url, schema } = database.create();
    const isSqlite = url.startsWith('sqlite');
    const before = await openPersistence({ url, schema });
    await before.scheduledEvents.save([Said({}, { id: 'old', scheduledAt: 1 })]);
    await before.transaction(async ({ database: db }) => {
      const name = (table: string) =>
        sql.raw(isSqlite ? `${schema}_${table}` : `${schema}.${table}`);
      await sql`drop index ${name('scheduled_events_by_schedule')}`.execute(db);
      await sql`alter table ${name('scheduled_events')} drop column schedule`.execute(db);
      await sql`delete from ${name('schema_versions')} where version > 1`.execute(db);
    });
    await before.close();

    await expect(openPersistence({ url, schema, migrate: false })).rejects.toMatchObject({
      code: 'LLMGINE_DATABASE_SCHEMA',
    });
    const after = await openForTest({ url, schema });

    const claims = await after.scheduledEvents.claimDue({
      count: 5,
      leaseMs: 1_000,
      schedules: [],
    });
    expect(claims.map(({ event }) => event.id)).toEqual(['old']);
    expect((await command('status', '--url', url, '--schema', schema)).out).toContain('applied 2');
  });

  it('tells of a missing table and of events that nobody takes', async () => {
    const { url, schema } = database.create();
    const persistence = await openForTest({ url, schema });
    const metadata = { 'llmgine.schedule': 'daily' };
    await persistence.scheduledEvents.save([
      Said({}, { scheduledAt: 1 }),
      Said({}, { scheduledAt: 2, id: 'daily:2', metadata }),
    ]);
    const overdue = await command('doctor', '--url', url, '--schema', schema);
    await persistence.transaction(async ({ database: db }) => {
      await sql`drop table ${sql.raw(url.startsWith('sqlite') ? `${schema}_streams` : `${schema}.streams`)}`.execute(
        db,
      );
    });
    const broken = await command('doctor', '--url', url, '--schema', schema);

    expect([overdue.code, broken.code]).toEqual([1, 1]);
    expect(overdue.out).toContain("1 events of type 'said' have been due");
    expect(overdue.out).toContain("an occurrence of schedule 'daily' has been due");
    expect(broken.out).toContain('problem: streams:');
  });
});

describe('llmgine-db', () => {
  it('explains itself and refuses what it does not know', async () => {
    expect(await command('--help')).toMatchObject({ code: 0 });
    expect(await command('frobnicate')).toMatchObject({ code: 2, out: '' });
    expect(await command('constructor')).toMatchObject({ code: 2 });
    expect(await command('status', '--what')).toMatchObject({ code: 2 });
    expect(await command('status', '--url', 'mysql://u:pa55@h/db')).toMatchObject({
      code: 2,
      err: expect.not.stringContaining('pa55'),
    });
  });
});

describe.each(databases)('stored messages on $name', (database) => {
  it('refuses a payload of 50 MB and takes one of 1 MB less a little', async () => {
    const { scheduledEvents, streams } = await openForTest(database.create());
    const huge = 'x'.repeat(50_000_000);

    await expect(scheduledEvents.save([Said(huge, { scheduledAt: 1 })])).rejects.toMatchObject({
      code: 'LLMGINE_MESSAGE_TOO_LARGE',
      maxBytes: 1_048_576,
    });
    await expect(streams.append('s', 0, [huge])).rejects.toMatchObject({
      code: 'LLMGINE_MESSAGE_TOO_LARGE',
    });
    await scheduledEvents.save([Said('x'.repeat(1_048_000), { scheduledAt: 1 })]);
    expect(await scheduledEvents.claimDue({ count: 5, leaseMs: 1 })).toHaveLength(1);
  });

  it('counts bytes, not characters', async () => {
    const { streams } = await openForTest({ ...database.create(), maxMessageBytes: 1_000 });

    await expect(streams.append('s', 0, ['é'.repeat(600)])).rejects.toMatchObject({ bytes: 1_202 });
    expect(await streams.append('s', 0, ['e'.repeat(600)])).toBe(1);
  });

  it('gives back keys that look like prototypes as plain keys', async () => {
    const { streams } = await openForTest(database.create());
    const record: unknown = JSON.parse(
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"x":1}}}',
    );

    await streams.append('s', 0, [record]);

    for await (const back of streams.read('s'))
      expect(JSON.stringify(back)).toBe(JSON.stringify(record));
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe.each(databases)("the guide's functions on $name", (database) => {
  it('save unfinished events and take them out, each once', async () => {
    const persistence = await openForTest(database.create());
    await saveUnfinishedEvents(
      persistence,
      [1, 2, 3].map((data) => Said(data, { scheduledAt: 8e12 + data })),
    );

    const taken = await Promise.all([1, 2].map(() => getAndDeleteUnfinishedEvents(persistence)));

    expect(
      taken
        .flat()
        .map(({ data }) => data as number)
        .toSorted((one, other) => one - other),
    ).toEqual([1, 2, 3]);
    expect(await getAndDeleteUnfinishedEvents(persistence)).toEqual([]);
  });

  it('log one event at once', async () => {
    const persistence = await openForTest(database.create());

    await persistEvent(persistence, Said('a'));

    expect(persistence.eventLog.buffered).toBe(0);
    const logged: unknown[] = [];
    for await (const { event } of persistence.eventLog.read()) logged.push(event.data);
    expect(logged).toEqual(['a']);
  });

  it('refuse to log an event that cannot be stored', async () => {
    const persistence = await openForTest({ ...database.create(), maxMessageBytes: 1_000 });

    const persisted = persistEvent(persistence, Said('x'.repeat(1_001)));

    await expect(persisted).rejects.toMatchObject({ code: 'LLMGINE_MESSAGE_TOO_LARGE' });
  });
});

describe('openPersistence', () => {
  it('makes no file before it is called, and the file of its URL when it is', async () => {
    const file = join(temporaryFolder(), 'new.db');
    const before = existsSync(file);

    await openForTest({ url: `sqlite:///${file}` });

    expect([before, existsSync(file)]).toEqual([false, true]);
  });

  it('logs events when LLMGINE_PERSIST_EVENTS says so or the option does', async () => {
    const url = 'sqlite:///:memory:';

    expect((await openForTest({ url })).busOptions().eventLog).toBeUndefined();
    expect((await openForTest({ url, persistEvents: true })).busOptions().eventLog).toBeDefined();
  });
});
