import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { inject, onTestFinished } from 'vitest';
import { openPersistence, type Persistence, type PersistenceOptions } from '../../src/index.ts';

/** A kind of database that every rule is tested on. */
export interface TestDatabase {
  readonly name: string;
  /** Options of a new, empty database of this kind. */
  create(): PersistenceOptions & { readonly url: string; readonly schema: string };
}

let schemas = 0;

function newSchema(): string {
  return `test_${process.pid}_${schemas++}`;
}

export const sqliteFile: TestDatabase = {
  name: 'SQLite file',
  create: () => ({ url: `sqlite:///${join(temporaryFolder(), 'bus.db')}`, schema: 'message_bus' }),
};

export const sqliteMemory: TestDatabase = {
  name: 'SQLite memory',
  create: () => ({ url: 'sqlite:///:memory:', schema: 'message_bus' }),
};

export const postgres: TestDatabase = {
  name: 'PostgreSQL',
  create: () => ({ url: inject('postgresUrl'), schema: newSchema() }),
};

export const databases: readonly TestDatabase[] = [sqliteFile, sqliteMemory, postgres];

/** Databases that outlive a connection. */
export const lastingDatabases: readonly TestDatabase[] = [sqliteFile, postgres];

/** A folder that is removed when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmgine-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens persistence until the test is over. */
export async function openForTest(options: PersistenceOptions): Promise<Persistence> {
  const persistence = await openPersistence(options);
  onTestFinished(() => persistence.close());
  return persistence;
}

/** Moves the clock of the scheduled events on, by moving everything on it back. */
export function advanceStore(
  persistence: Persistence,
  schema: string,
  durationMs: number,
): Promise<void> {
  return moveBack(persistence, `${schema}.scheduled_events.available_at`, durationMs);
}

/** Moves the clock of the dead letters on. */
export function advanceDeadLetters(
  persistence: Persistence,
  schema: string,
  durationMs: number,
): Promise<void> {
  return moveBack(persistence, `${schema}.dead_letters.lease_until`, durationMs);
}

async function moveBack(persistence: Persistence, path: string, durationMs: number): Promise<void> {
  const [schema, name, column] = path.split('.') as [string, string, string];
  const table = persistence.durability === 'server' ? `${schema}.${name}` : `${schema}_${name}`;
  await persistence.transaction(async ({ database }) => {
    const moved = sql`${sql.ref(column)} - ${sql.lit(durationMs)}`;
    await database
      .updateTable(table)
      .set({ [column]: moved })
      .execute();
  });
}

/** A promise that the test resolves. */
export function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
