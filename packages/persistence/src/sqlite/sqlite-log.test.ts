import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LogCheckpoints } from './log-checkpoints.ts';
import { SqliteLog } from './sqlite-log.ts';

const PAGE_BYTES = 4_096;

function opened(folder = aFolder()) {
  const file = join(folder, 'kept.db');
  const database = new SqliteDatabase(file, { timeout: 0 });
  onTestFinished(() => void database.close());
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.exec('create table kept (value)');
  return { file, database };
}

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmgine-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function write(database: Database, pages: number): void {
  database.prepare('insert into kept values (randomblob(?))').run(pages * PAGE_BYTES);
}

function stateOf(database: Database): { log: number; checkpointed: number } {
  return (database.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[])[0]!;
}

async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 5_000, interval: 5 });
}

describe('LogCheckpoints', () => {
  it('carries the log over on a thread, while nobody waits', async () => {
    const { file, database } = opened();
    const failures: Error[] = [];
    const checkpoints = new LogCheckpoints(database, {
      file,
      report: (error) => failures.push(error),
    });
    onTestFinished(() => checkpoints.close());
    write(database, 2_500);
    const before = stateOf(database);

    const room = checkpoints.makeRoom();
    await until(() => stateOf(database).checkpointed > 0);

    expect(room).toBeUndefined();
    expect(before.checkpointed).toBe(0);
    expect(stateOf(database).checkpointed).toBe(before.log);
    expect(failures).toEqual([]);
  });

  it('keeps the log from growing without end while it is written to', async () => {
    const { file, database } = opened();
    const checkpoints = new LogCheckpoints(database, { file, report: () => {} });
    onTestFinished(() => checkpoints.close());

    for (let written = 0; written < 30_000; written += 500) {
      await checkpoints.makeRoom();
      write(database, 500);
    }

    expect(statSync(`${file}-wal`).size).toBeLessThan(8_000 * PAGE_BYTES);
  });

  it('does not hold up writers for long when somebody reads for long', async () => {
    const { file, database } = opened();
    const reader = new SqliteDatabase(file);
    onTestFinished(() => void reader.close());
    reader.exec('begin');
    reader.prepare('select count(*) from kept').get();
    const checkpoints = new LogCheckpoints(database, { file, report: () => {} });
    onTestFinished(() => checkpoints.close());
    let waits = 0;

    for (let written = 0; written < 12_000; written += 500) {
      const room = checkpoints.makeRoom();
      if (room) waits++;
      await room;
      write(database, 500);
    }

    expect(waits).toBeGreaterThan(0);
    expect(waits).toBeLessThan(5);
  });

  it('leaves it to SQLite, and says so, when there can be no thread', async () => {
    const { file, database } = opened();
    const failures: Error[] = [];
    const checkpoints = new LogCheckpoints(database, {
      file: join(file, 'nowhere'),
      report: (error) => failures.push(error),
    });
    write(database, 2_500);

    void checkpoints.makeRoom();
    await until(() => failures.length > 0);

    expect(database.pragma('wal_autocheckpoint', { simple: true })).toBeGreaterThan(0);
    expect(checkpoints.makeRoom()).toBeUndefined();
    await expect(checkpoints.close()).resolves.toBeUndefined();
  });
});

describe('SqliteLog', () => {
  it('empties the log before the next transaction when a sync has failed', async () => {
    const { database } = opened();
    const failure = Object.assign(new Error('i/o error'), { code: 'EIO', syscall: 'fdatasync' });
    let fails = true;
    const openFile = async () => ({
      datasync: async () => {
        if (fails) throw failure;
      },
      close: async () => {},
    });
    const log = new SqliteLog(database, { syncs: true, report: () => {}, openFile });
    log.start();
    onTestFinished(() => log.close());
    write(database, 1);
    await expect(log.sync()).rejects.toBe(failure);
    fails = false;
    await expect(log.sync()).rejects.toBe(failure);

    await log.prepare();

    expect(stateOf(database)).toMatchObject({ log: 0, checkpointed: 0 });
    await expect(log.sync()).resolves.toBeUndefined();
  });

  it('begins no transaction while the log cannot be emptied after a failed sync', async () => {
    const { file, database } = opened();
    const openFile = async () => ({
      datasync: () => Promise.reject(new Error('i/o error')),
      close: async () => {},
    });
    const log = new SqliteLog(database, { syncs: true, report: () => {}, openFile });
    log.start();
    onTestFinished(() => log.close());
    const reader = new SqliteDatabase(file);
    onTestFinished(() => void reader.close());
    reader.exec('begin');
    reader.prepare('select count(*) from kept').get();
    write(database, 1);
    await expect(log.sync()).rejects.toThrow('i/o error');

    await expect(log.prepare()).rejects.toMatchObject({ code: 'LLMGINE_DATABASE_LOCKED' });
    reader.exec('commit');

    await expect(log.prepare()).resolves.toBeUndefined();
  });

  it('finds the log beside the file that a link points to', async () => {
    const folder = aFolder();
    const { file } = opened(folder);
    const link = join(aFolder(), 'link.db');
    symlinkSync(file, link);
    const database = new SqliteDatabase(link);
    const log = new SqliteLog(database, { syncs: true, report: () => {} });
    log.start();
    write(database, 1);

    await expect(log.sync()).resolves.toBeUndefined();

    await log.close();
    database.close();
    expect(existsSync(`${link}-wal`)).toBe(false);
  });

  it('leaves the sync to SQLite for another kind of journal', () => {
    const database = new SqliteDatabase(join(aFolder(), 'kept.db'));
    onTestFinished(() => void database.close());
    const log = new SqliteLog(database, { syncs: true, report: () => {} });

    log.start();

    expect(database.pragma('synchronous', { simple: true })).toBe(2);
  });
});
