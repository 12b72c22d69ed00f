import { sql } from 'kysely';
import { NewerDatabaseError } from '../errors.ts';
import type { Driver } from './driver.ts';
import type { Migration, MigrationContext } from './migration.ts';
import { initial } from './migrations/0001-initial.ts';
import { recurringSchedules } from './migrations/0002-recurring-schedules.ts';
import type { QueryBuilder } from './query-builder.ts';
import { statementOf, type Work } from './statement.ts';
import { nowMs } from './store-clock.ts';

/** In order; a released one never changes. */
export const migrations: readonly Migration[] = [initial, recurringSchedules];

/** The newest version this program knows. */
export const knownVersion: number = migrations.at(-1)!.version;

/** What was applied when. */
export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  /** Epoch milliseconds, by the store's clock. */
  readonly appliedAt: number;
}

/**
 * Brings the database to the newest known version; several processes may do so at once.
 * @throws NewerDatabaseError
 */
export function migrate(driver: Driver, context: MigrationContext): Promise<readonly Migration[]> {
  return driver.transact(() => migrating(context));
}

function* migrating(context: MigrationContext): Work<readonly Migration[]> {
  const { builder, dialect, schema } = context;
  if (dialect === 'postgres') yield* enterSchema(schema);
  yield statementOf(
    builder.schema
      .createTable('schema_versions')
      .ifNotExists()
      .addColumn('version', 'bigint', (column) => column.primaryKey().notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('applied_at', 'bigint', (column) => column.notNull()),
  );
  const version = yield* currentVersion(builder);
  if (version > knownVersion) throw new NewerDatabaseError(version, knownVersion);

  const pending = migrations.filter((migration) => migration.version > version);
  for (const migration of pending) {
    for (const query of migration.statements(context)) yield statementOf(query);
    yield statementOf(
      builder.insertInto('schema_versions').values({
        version: migration.version,
        name: migration.name,
        applied_at: nowMs(dialect),
      }),
    );
  }
  return pending;
}

/** On SQLite the transaction itself is the lock; on PostgreSQL others wait here until it ends. */
function* enterSchema(schema: string): Work<void> {
  const lock = `llmgine migrations of ${schema}`;
  yield {
    sql: 'select pg_advisory_xact_lock(hashtextextended($1, 0))',
    parameters: [lock],
  };
  const { rows } = yield {
    sql: 'select 1 from information_schema.schemata where schema_name = $1',
    parameters: [schema],
  };
  // Not `if not exists`: a user without the right to make schemas may use one that is there.
  if (rows.length === 0) yield { sql: `create schema "${schema}"`, parameters: [] };
}

function* currentVersion(builder: QueryBuilder): Work<number> {
  const { rows } = yield statementOf(
    builder
      .selectFrom('schema_versions')
      .select(sql<number>`coalesce(max(version), 0)`.as('version')),
  );
  return Number(rows[0]?.['version']);
}

/** What was applied so far; undefined: the database was never migrated. */
export async function appliedMigrations(
  driver: Driver,
  { builder, dialect, schema }: MigrationContext,
): Promise<readonly AppliedMigration[] | undefined> {
  const { rows: tables } = await driver.read(
    dialect === 'sqlite'
      ? {
          sql: `select 1 from sqlite_master where type = 'table' and name = ?`,
          parameters: [`${schema}_schema_versions`],
        }
      : {
          sql: `select 1 from information_schema.tables where table_schema = $1 and table_name = 'schema_versions'`,
          parameters: [schema],
        },
  );
  if (tables.length === 0) return undefined;
  const { rows } = await driver.read(
    statementOf(builder.selectFrom('schema_versions').selectAll().orderBy('version')),
  );
  return rows.map((row) => ({
    version: Number(row['version']),
    name: String(row['name']),
    appliedAt: Number(row['applied_at']),
  }));
}
