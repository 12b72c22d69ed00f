import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSignalHub, defineEvent, typeOnly, type EventMessage } from '@llmgine/core';
import { createRecordedSignals } from '@llmgine/testing';
import SqliteDatabase from 'better-sqlite3';
import { sql } from 'kysely';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { openPersistence, type Persistence } from '../src/index.ts';
import { lastingDatabases, openForTest, sqliteFile, temporaryFolder } from './support/databases.ts';

const Said = defineEvent('said', { data: typeOnly<{ readonly text: string }>() });
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

function due(text: string): EventMessage {
  return Said({ text }, { scheduledAt: 1 });
}

/** Keeps the file locked for writing until told otherwise. */
function lock(url: string): { readonly unlock: () => void } {
  const other = new SqliteDatabase(url.slice('sqlite:///'.length));
  other.exec('begin immediate');
  const unlock = (): void => {
    if (other.inTransaction) other.exec('rollback');
    other.close();
  };
  onTestFinished(() => (other.open ? unlock() : undefined));
  return { unlock };
}

async function loggedTexts(persistence: Persistence): Promise<string[]> {
  const texts: string[] = [];
  for await (const { event } of persistence.eventLog.read()) {
    texts.push((event.data as { text: string }).text);
  }
  return texts;
}

/** As an account that may not write everywhere. */
function asNobody<Result>(work: () => Promise<Result>): Promise<Result> {
  if (!isRoot) return work();
  process.seteuid!(NOBODY);
  return work().finally(() => process.seteuid!(0));
}

describe('openPersistence on a file that cannot be used (10.6)', () => {
  it('names a file that is no database', async () => {
    const file = join(temporaryFolder(), 'bus.db');
    writeFileSync(file, 'This is a diary, not a database. '.repeat(100));

    await expect(openPersistence({ url: `sqlite:///${file}` })).rejects.toMatchObject({
      code: 'LLMGINE_DATABASE_CORRUPT',
    });
  });

  it('names a folder that does not exist', async () => {
    await expect(
      openPersistence({ url: 'sqlite:////no/such/folder/bus.db' }),
    ).rejects.toMatchObject({
      code: 'LLMGINE_DATABASE_UNREACHABLE',
    });
  });

  it('names a file that it may not write', async () => {
    const { url, schema } = sqliteFile.create();
    await (await openPersistence({ url, schema })).close();
    const file = url.slice('sqlite:///'.length);
    const folder = join(file, '..');
    chmodSync(file, 0o444);
    chmodSync(folder, 0o555);
    onTestFinished(() => chmodSync(folder, 0o755));

    const opened = asNobody(async () => {
      const persistence = await openPersistence({ url, schema });
      try {
        await persistence.scheduledEvents.save([due('a')]);
      } finally {
        await persistence.close();
      }
    });

    await expect(opened).rejects.toMatchObject({ code: 'LLMGINE_DATABASE_READ_ONLY' });
  });

  it('names a file that another process keeps locked', async () => {
    const { url, schema } = sqliteFile.create();
    await (await openPersistence({ url, schema })).close();
    lock(url);

    await expect(openPersistence({ url, schema, lockTimeoutMs: 30 })).rejects.toMatchObject({
      code: 'LLMGINE_DATABASE_LOCKED',
    });
  });
});

describe('openPersistence on a server that cannot be used (10.6)', () => {
  it('names a wrong password and never shows it', async () => {
    const url = new URL(inject('postgresUrl'));
    url.password = 'wrong-pa55word';

    const opened = openPersistence({ url: url.href });

    await expect(opened).rejects.toMatchObject({ code: 'LLMGINE_DATABASE_ACCESS_DENIED' });
    const error = (await opened.catch((thrown: unknown) => thrown)) as Error;
    expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain(
      'wrong-pa55word',
    );
  });

  it('names a server that nobody runs, and a database that does not exist', async () => {
    const database = new URL(inject('postgresUrl'));
    database.pathname = '/no_such_database';

    await expect(openPersistence({ url: 'postgresql://u:pw@127.0.0.1:1/x' })).rejects.toMatchObject(
      {
        code: 'LLMGINE_DATABASE_UNREACHABLE',
      },
    );
    await expect(openPersistence({ url: database.href })).rejects.toMatchObject({
      code: 'LLMGINE_DATABASE_UNREACHABLE',
    });
  });
});

describe('a locked database (10.6)', () => {
  it('refuses a write when the lock outlasts the patience, then works again', async () => {
    const options = sqliteFile.create();
    const { scheduledEvents } = await openForTest({ ...options, lockTimeoutMs: 30 });
    const { unlock } = lock(options.url);

    await expect(scheduledEvents.save([due('a')])).rejects.toMatchObject({
      code: 'LLMGINE_DATABASE_LOCKED',
    });
    unlock();
    await scheduledEvents.save([due('b')]);

    expect(await scheduledEvents.claimDue({ count: 5, leaseMs: 1 })).toHaveLength(1);
  });

  it('keeps no event loop waiting', async () => {
    const options = sqliteFile.create();
    const { scheduledEvents } = await openForTest({ ...options, lockTimeoutMs: 5_000 });
    const { unlock } = lock(options.url);

    let turns = 0;
    const saved = scheduledEvents.save([due('a')]);
    while (turns < 50) {
      turns++;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    unlock();

    await saved;
    expect(turns).toBe(50);
  });

  it("makes callers wait under 'stop'", async () => {
    const options = sqliteFile.create();
    const { scheduledEvents } = await openForTest({
      ...options,
      lockTimeoutMs: 10,
      onStoreFailure: 'stop',
      waitMs: 20_000,
    });
    const { unlock } = lock(options.url);

    const saved = scheduledEvents.save([due('a')]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    unlock();

    await saved;
    expect(await scheduledEvents.claimDue({ count: 5, leaseMs: 1 })).toHaveLength(1);
  });

  it("drops, counts and reports log rows under 'degrade', only when the buffer is full", async () => {
    const options = sqliteFile.create();
    const signals = createSignalHub();
    const recorded = createRecordedSignals();
    signals.add(recorded);
    const eventLog = { bufferSize: 3 };
    const persistence = await openForTest({ ...options, lockTimeoutMs: 5, signals, eventLog });
    const { unlock } = lock(options.url);
    void persistence.eventLog.append(Said({ text: 'a' }));
    while (recorded.of('store.failed').length === 0)
      await new Promise((resolve) => setTimeout(resolve, 2));

    for (const text of ['b', 'c', 'd', 'e']) await persistence.eventLog.append(Said({ text }));
    unlock();

    expect(await loggedTexts(persistence)).toEqual(['a', 'b', 'c']);
    expect(persistence.eventLog.notLogged).toBe(2);
    const lost = recorded
      .of('store.failed')
      .filter(({ error }) => error.name === 'EventsNotLoggedError');
    expect(lost.map(({ error }) => (error as Error & { count: number }).count)).toEqual([2]);
  });

  it("makes publishers wait and then fail under 'stop', when the buffer is full", async () => {
    const options = sqliteFile.create();
    const persistence = await openForTest({
      ...options,
      lockTimeoutMs: 5,
      onStoreFailure: 'stop',
      waitMs: 100,
      eventLog: { bufferSize: 1 },
    });
    const { unlock } = lock(options.url);

    const first = persistence.eventLog.append(Said({ text: 'a' }));
    const second = persistence.eventLog.append(Said({ text: 'b' }));
    await expect(second).rejects.toMatchObject({ code: 'LLMGINE_DATABASE_LOCKED' });
    unlock();

    expect(first).toBeUndefined();
    expect(await loggedTexts(persistence)).toEqual(['a']);
  });
});

describe('a full disk (10.6)', () => {
  it('refuses what finds no room, keeps what was acknowledged, and goes on when there is room', async () => {
    const persistence = await openForTest(sqliteFile.create());
    const { scheduledEvents } = persistence;
    const pages = async (limit: number): Promise<void> => {
      await persistence.transaction(async ({ database }) => {
        await sql`pragma max_page_count = ${sql.lit(limit)}`.execute(database);
      });
    };
    const large = (): EventMessage => due('x'.repeat(100_000));
    await scheduledEvents.save([due('kept')]);
    await pages(60);

    const outcomes = await Promise.allSettled(
      [1, 2, 3, 4].map(() => scheduledEvents.save([large()])),
    );
    const saved = await scheduledEvents
      .save([large(), large(), large()])
      .catch((error: unknown) => error);
    await pages(100_000);
    await scheduledEvents.save([due('after')]);

    expect(saved).toMatchObject({ code: 'LLMGINE_DATABASE_FULL' });
    const kept = outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect(await scheduledEvents.claimDue({ count: 50, leaseMs: 60_000 })).toHaveLength(kept + 2);
  });

  it.runIf(isRoot)('the same on a real small disk', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'llmgine-small-disk-'));
    onTestFinished(() => {
      spawnSync('umount', [folder]);
      rmSync(folder, { recursive: true, force: true });
    });
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status !== 0)
      context.skip();
    const persistence = await openForTest({ url: `sqlite:///${folder}/bus.db` });
    await persistence.scheduledEvents.save([due('kept')]);

    let refused: unknown;
    while (!refused) {
      refused = await persistence.scheduledEvents.save([due('x'.repeat(100_000))]).then(
        () => undefined,
        (error: unknown) => error,
      );
    }

    expect(refused).toMatchObject({ code: 'LLMGINE_DATABASE_FULL' });
    const [first] = await persistence.scheduledEvents
      .claimDue({ count: 1, leaseMs: 1 })
      .catch(() => []);
    if (first) expect((first.event.data as { text: string }).text).toBe('kept');
    await persistence.close();
  });
});

describe.each(lastingDatabases)('a dropped table on $name (10.6)', (database) => {
  it('is named, and the other stores go on', async () => {
    const { schema, url } = database.create();
    const persistence = await openForTest({ url, schema });
    const { streams, deadLetters } = persistence;
    const isSqlite = url.startsWith('sqlite');
    await persistence.transaction(async (tx) => {
      await tx.database.schema
        .dropTable(isSqlite ? `${schema}_dead_letters` : `${schema}.dead_letters`)
        .execute();
    });

    await expect(deadLetters.count()).rejects.toMatchObject({ code: 'LLMGINE_DATABASE_SCHEMA' });
    expect(await streams.append('s', 0, ['a'])).toBe(1);
  });
});

describe('a closed persistence', () => {
  it('refuses everything', async () => {
    const persistence = await openPersistence(sqliteFile.create());
    await persistence.close();

    await expect(persistence.streams.append('s', 0, ['a'])).rejects.toMatchObject({
      code: 'LLMGINE_DATABASE_CLOSED',
    });
    await expect(persistence.scheduledEvents.save([due('a')])).rejects.toMatchObject({
      code: 'LLMGINE_DATABASE_CLOSED',
    });
  });
});
