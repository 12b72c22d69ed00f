import { join } from 'node:path';
import { openPersistence } from '@llmgine/persistence';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import type { Prepared } from '../../case.ts';
import { anEvent, temporaryFolder } from './message.ts';

/** As many rows as one transaction of the others has. */
const TRANSACTION = 1_000;
const TABLE = `create table event_log (
  seq integer primary key autoincrement, created_at bigint not null, session_id text not null,
  type text not null, correlation_id text not null, message text not null)`;
const INSERT =
  'insert into event_log (created_at, session_id, type, correlation_id, message) values (?, ?, ?, ?, ?)';

function openTable(): Database {
  const database = new SqliteDatabase(join(temporaryFolder(), 'raw.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec(TABLE);
  return database;
}

/** The event log, each event its own object, until all are on disk. */
export async function eventLog(): Promise<Prepared> {
  const { eventLog: log } = await openPersistence({
    url: `sqlite:///${join(temporaryFolder(), 'bus.db')}`,
    eventLog: { bufferSize: 1_000_000 },
  });
  const event = anEvent();
  return {
    step: TRANSACTION,
    async run(operations) {
      for (let count = 0; count < operations; count++) void log.append(event);
      await log.flush();
    },
  };
}

/** A prepared insert in a transaction, each event serialised once: as fast as it gets by hand. */
export function preparedInsert(): Prepared {
  const database = openTable();
  const insert = database.prepare(INSERT);
  const event = anEvent();
  const write = database.transaction((rows: number) => {
    for (let row = 0; row < rows; row++) {
      const { createdAt, sessionId, type, correlationId } = event;
      insert.run(createdAt, sessionId, type, correlationId, JSON.stringify(event));
    }
  });
  return {
    step: TRANSACTION,
    run(operations) {
      for (let done = 0; done < operations; done += TRANSACTION) write.immediate(TRANSACTION);
    },
  };
}

/** Inserts of many rows, built by kysely. */
export function kyselyManyRows(): Prepared {
  const kysely = new Kysely<{ event_log: Record<string, unknown> }>({
    dialect: new SqliteDialect({ database: openTable() }),
  });
  const event = anEvent();
  const row = (): Record<string, unknown> => ({
    created_at: event.createdAt,
    session_id: event.sessionId,
    type: event.type,
    correlation_id: event.correlationId,
    message: JSON.stringify(event),
  });
  return {
    step: TRANSACTION,
    async run(operations) {
      for (let done = 0; done < operations; done += TRANSACTION) {
        const rows = Array.from({ length: TRANSACTION }, row);
        await kysely.insertInto('event_log').values(rows).execute();
      }
    },
  };
}

/** A hundred publishers at once, each waiting for its own event to be on disk. */
export async function heldByAHundred(): Promise<Prepared> {
  const { scheduledEvents } = await openPersistence({
    url: `sqlite:///${join(temporaryFolder(), 'bus.db')}`,
  });
  return {
    step: 100,
    run: (operations) => aHundredAtOnce(operations, () => scheduledEvents.save([anEvent(8.64e15)])),
  };
}

/** One transaction for each event. */
export function aTransactionEach(): Prepared {
  const database = openTable();
  const insert = database.prepare(INSERT);
  return {
    step: 100,
    run: (operations) =>
      aHundredAtOnce(operations, async () => {
        const event = anEvent(8.64e15);
        const { createdAt, sessionId, type, correlationId } = event;
        insert.run(createdAt, sessionId, type, correlationId, JSON.stringify(event));
      }),
  };
}

/** Each of a hundred does its share, one after another. */
export async function aHundredAtOnce(
  operations: number,
  work: () => Promise<unknown>,
): Promise<void> {
  const publisher = async (): Promise<void> => {
    for (let done = 0; done < operations / 100; done++) await work();
  };
  await Promise.all(Array.from({ length: 100 }, publisher));
}
