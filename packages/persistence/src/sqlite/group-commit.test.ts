import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '@llmgine/core/timing';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Work } from '../database/statement.ts';
import { GroupCommit, type GroupCommitOptions } from './group-commit.ts';
import { SqliteConnection } from './sqlite-connection.ts';

const sql = 'insert into kept values (?)';

function aFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmgine-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'kept.db');
}

function opened(options: Partial<GroupCommitOptions> & { readonly file?: string } = {}) {
  const database = new SqliteDatabase(options.file ?? ':memory:');
  onTestFinished(() => void database.close());
  database.pragma('journal_mode = WAL');
  database.exec(`create table kept (value text);
    create trigger gives_up before insert on kept when new.value = 'bad'
      begin select raise(rollback, 'the whole transaction'); end`);
  const connection = new SqliteConnection(database);
  const writes = new GroupCommit(connection, {
    clock: systemClock,
    lockTimeoutMs: 100,
    ...options,
  });
  const write = (value: string): Promise<unknown> => writes.run({ sql, parameters: [value] });
  return { database, writes, write };
}

function valuesIn(database: Database): unknown[] {
  return database.prepare('select value from kept').pluck().all();
}

describe('GroupCommit', () => {
  it('writes nothing of a group that SQLite has rolled back, and all that comes after it', async () => {
    const { database, write } = opened();

    const outcomes = await Promise.allSettled(['before', 'bad', 'after'].map(write));

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(valuesIn(database)).toEqual(['after']);
  });

  it('lets others have a turn in the middle of a transaction, of which nobody sees a part', async () => {
    const file = aFile();
    let reads = 0;
    let turns = 0;
    const seen = new Set<number>();
    const slow: Clock = {
      ...systemClock,
      monotonic: () => reads++ / 2,
      yieldToIo: async () => {
        turns++;
        if (turns > 1) seen.add(valuesIn(other).length);
        await systemClock.yieldToIo();
      },
    };
    const { writes } = opened({ file, clock: slow });
    const other = new SqliteDatabase(file);
    onTestFinished(() => void other.close());

    await writes.transact(function* (): Work<void> {
      for (const value of ['a', 'b', 'c', 'd', 'e', 'f']) yield { sql, parameters: [value] };
    });

    expect(turns).toBeGreaterThan(2);
    expect([...seen]).toEqual([0]);
    expect(valuesIn(other)).toHaveLength(6);
  });

  it('reads nothing that is not committed', async () => {
    let reads = 0;
    const { writes } = opened({ clock: { ...systemClock, monotonic: () => reads++ } });
    const counted = { sql: 'select count(*) as count from kept', parameters: [] };

    const written = writes.transact(function* (): Work<void> {
      for (const value of ['a', 'b', 'c']) yield { sql, parameters: [value] };
    });
    await systemClock.yieldToIo();
    await systemClock.yieldToIo();
    const { rows } = await writes.read(counted);
    await written;

    expect([0, 3]).toContain(rows[0]?.['count']);
  });

  it('lets nobody hear of a write before it is on disk', async () => {
    let synced = (): void => {};
    const sync = (): Promise<void> => new Promise((resolve) => (synced = resolve));
    const { database, write } = opened({ sync });
    let heard = false;
    const written = write('a').then(() => (heard = true));

    while (valuesIn(database).length === 0) await systemClock.yieldToIo();
    await systemClock.yieldToIo();
    const before = heard;
    synced();
    await written;

    expect([before, heard]).toEqual([false, true]);
  });

  it('closes after a transaction that is open, and its sync', async () => {
    const { database, writes } = opened({ sync: () => systemClock.yieldToIo() });
    let commit = (): void => {};
    const open = new Promise<void>((resolve) => (commit = resolve));
    const transaction = writes.exclusively(async () => {
      await open;
      database.exec(`insert into kept values ('a')`);
      return 'committed';
    });
    await systemClock.yieldToIo();
    await systemClock.yieldToIo();
    let isClosed = false;
    const closed = writes.close().then(() => (isClosed = true));

    await systemClock.yieldToIo();
    const closedTooEarly = isClosed;
    commit();
    await closed;

    expect(closedTooEarly).toBe(false);
    await expect(transaction).resolves.toBe('committed');
  });

  it('tells those whose sync failed that nobody knows, and writes what comes after', async () => {
    const failure = Object.assign(new Error('i/o error'), { code: 'EIO', syscall: 'fdatasync' });
    let fails = true;
    const { write } = opened({ sync: () => (fails ? Promise.reject(failure) : Promise.resolve()) });

    await expect(write('a')).rejects.toMatchObject({
      code: 'LLMGINE_DATABASE_UNREACHABLE',
      outcome: 'unknown',
    });
    fails = false;

    await expect(write('b')).resolves.toMatchObject({ changes: 1 });
  });
});
