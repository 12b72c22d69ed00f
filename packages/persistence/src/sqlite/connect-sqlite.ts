import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemClock, type Clock } from '@llmgine/core/timing';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import type { Driver, OpenTransaction } from '../database/driver.ts';
import { DatabaseUnreachableError } from '../errors.ts';
import { GroupCommit } from './group-commit.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { namedSqliteError } from './sqlite-error.ts';
import { SqliteLog } from './sqlite-log.ts';
import { watchOtherWrites } from './watch-other-writes.ts';

/** How hard SQLite syncs: `FULL` survives a loss of power, `NORMAL` may then lose the last moments. */
export type SqliteSynchronous = 'FULL' | 'NORMAL';

/** How to connect to SQLite. */
export interface SqliteOptions {
  /** A path, or `:memory:`. */
  readonly file: string;
  /** @default 'FULL' */
  readonly synchronous?: SqliteSynchronous | undefined;
  /**
   * How long to wait for another process that is writing.
   * @default 5000
   */
  readonly lockTimeoutMs?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /**
   * Hears of checkpoints that failed; nothing is lost by that, the log only grows.
   * @default nobody
   */
  readonly report?: ((error: Error) => void) | undefined;
}

/** Reads of the database that look at once whether another process wrote; also the price of an idle bus. */
const WATCH_INTERVAL_MS = 1_000;

/**
 * Connects to an SQLite database, making the file when there is none.
 * @throws DatabaseUnreachableError, DatabaseCorruptError, DatabaseReadOnlyError, DatabaseLockedError
 */
export async function connectSqlite({
  file,
  synchronous = 'FULL',
  lockTimeoutMs = 5_000,
  clock = systemClock,
  report = () => {},
}: SqliteOptions): Promise<Driver> {
  const database = open(file);
  const connection = new SqliteConnection(database);
  const log = new SqliteLog(database, { syncs: synchronous === 'FULL', report });
  const writes = new GroupCommit(connection, {
    clock,
    lockTimeoutMs,
    sync: () => log.sync(),
    prepareLog: () => log.prepare(),
  });
  try {
    await setUp(database, writes);
    log.start();
  } catch (thrown) {
    database.close();
    throw namedSqliteError(thrown);
  }

  return {
    dialect: 'sqlite',
    durability: database.memory ? 'memory' : synchronous === 'FULL' ? 'full' : 'normal',
    run: (statement) => writes.run(statement),
    runOnce: (statement) => writes.run(statement),
    transact: (work) => writes.transact(work),
    read: (statement) => named(() => writes.read(statement)),
    transaction: (work) => writes.exclusively(() => work(openTransaction(connection))),
    onOtherWrites: (wake) =>
      watchOtherWrites(database, wake, { clock, intervalMs: WATCH_INTERVAL_MS }),
    describe: async () => describe(database, synchronous),
    async close() {
      await writes.close();
      await log.close();
      database.close();
    },
  };
}

function open(file: string): Database {
  if (file !== ':memory:' && !existsSync(dirname(file))) {
    throw new DatabaseUnreachableError({
      cause: new Error(`There is no folder '${dirname(file)}'.`),
    });
  }
  try {
    // Never waits inside SQLite: that would stop the whole process.
    return new SqliteDatabase(file, { timeout: 0 });
  } catch (thrown) {
    throw namedSqliteError(thrown);
  }
}

async function setUp(database: Database, writes: GroupCommit): Promise<void> {
  // A write lock first: changing the journal's mode fails at once while somebody else has one.
  await writes.begin();
  database.exec('rollback');
  if (database.pragma('journal_mode', { simple: true }) !== 'wal') {
    database.pragma('journal_mode = WAL');
  }
  database.pragma('trusted_schema = OFF');
}

async function named<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    throw namedSqliteError(thrown);
  }
}

function openTransaction(connection: SqliteConnection): OpenTransaction {
  return {
    executor: {
      run: (statement) => named(() => connection.execute(statement)),
      runOnce: (statement) => named(() => connection.execute(statement)),
      read: (statement) => named(() => connection.execute(statement)),
      transact: (work) => named(() => connection.atomically(work)),
    },
    // Its queries run inside the transaction that is open on this one connection.
    database: new Kysely<unknown>({
      dialect: new SqliteDialect({ database: connection.database }),
    }),
  };
}

function describe(database: Database, synchronous: SqliteSynchronous): Record<string, string> {
  const pragma = (name: string): string => String(database.pragma(name, { simple: true }));
  return {
    'SQLite version': String(database.prepare('select sqlite_version() as version').pluck().get()),
    'journal mode': pragma('journal_mode'),
    synchronous,
    'integrity check': pragma('quick_check'),
  };
}
