import { sql, type ColumnDefinitionBuilder, type Compilable } from 'kysely';
import { indexName } from '../query-builder.ts';
import type { Migration, MigrationContext } from '../migration.ts';

/** The tables of the first release. */
export const initial: Migration = {
  version: 1,
  name: 'initial',
  *statements(context) {
    yield* scheduledEvents(context);
    yield* eventLog(context);
    yield* deadLetters(context);
    yield* streams(context);
  },
};

function* scheduledEvents({ builder, dialect, schema }: MigrationContext): Generator<Compilable> {
  yield builder.schema
    .createTable('scheduled_events')
    .addColumn('seq', sequenceType[dialect], numbered[dialect])
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('scheduled_at', 'bigint', (column) => column.notNull())
    .addColumn('available_at', 'bigint', (column) => column.notNull())
    .addColumn('claimed', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('epoch', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('message', 'text', (column) => column.notNull());
  yield builder.schema
    .createIndex(indexName(dialect, schema, 'scheduled_events_by_availability'))
    .on('scheduled_events')
    .columns(['available_at', 'seq']);
}

function* eventLog({ builder, dialect }: MigrationContext): Generator<Compilable> {
  yield builder.schema
    .createTable('event_log')
    .addColumn('seq', sequenceType[dialect], numbered[dialect])
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('session_id', 'text', (column) => column.notNull())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('correlation_id', 'text', (column) => column.notNull())
    .addColumn('message', 'text', (column) => column.notNull());
}

function* deadLetters({ builder, dialect }: MigrationContext): Generator<Compilable> {
  yield builder.schema
    .createTable('dead_letters')
    .addColumn('seq', sequenceType[dialect], numbered[dialect])
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('session_id', 'text', (column) => column.notNull())
    .addColumn('last_attempt_at', 'bigint', (column) => column.notNull())
    .addColumn('status', 'text', (column) => column.notNull())
    .addColumn('lease_until', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('entry', 'text', (column) => column.notNull());
}

function* streams({ builder, dialect, schema }: MigrationContext): Generator<Compilable> {
  // A text key in a table of its own order saves SQLite a second tree.
  const ending = dialect === 'sqlite' ? sql`without rowid` : sql``;
  yield builder.schema
    .createTable('streams')
    .addColumn('stream', 'text', (column) => column.primaryKey().notNull())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('touched', 'bigint', (column) => column.notNull())
    .modifyEnd(ending);
  yield builder.schema
    .createIndex(indexName(dialect, schema, 'streams_by_last_append'))
    .on('streams')
    .columns(['touched']);
  yield builder.schema
    .createTable('stream_records')
    .addColumn('stream', 'text', (column) => column.notNull())
    .addColumn('position', 'bigint', (column) => column.notNull())
    .addColumn('record', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint(indexName(dialect, schema, 'stream_records_key'), [
      'stream',
      'position',
    ])
    .modifyEnd(ending);
}

const sequenceType = { sqlite: 'integer', postgres: 'bigint' } as const;

const numbered = {
  sqlite: (column: ColumnDefinitionBuilder) => column.primaryKey().autoIncrement(),
  postgres: (column: ColumnDefinitionBuilder) => column.primaryKey().generatedByDefaultAsIdentity(),
} as const;
