import {
  sql,
  type ColumnDefinitionBuilder,
  type Compilable,
  type CreateTableBuilder,
} from 'kysely';
import { indexName } from '../query-builder.ts';
import type { Migration } from '../migrate.ts';

/** The tables of the first release. */
export const initial: Migration = {
  version: 1,
  name: 'initial',
  *statements({ builder, dialect, schema }) {
    const sequence = dialect === 'sqlite' ? 'integer' : 'bigint';
    const numbered = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder =>
      dialect === 'sqlite'
        ? column.primaryKey().autoIncrement()
        : column.primaryKey().generatedByDefaultAsIdentity();
    // A text key in a table of its own order saves SQLite a second tree.
    const keyed = <Table extends string>(table: CreateTableBuilder<Table, never>): Compilable =>
      dialect === 'sqlite' ? table.modifyEnd(sql`without rowid`) : table;
    const index = (name: string): string => indexName(dialect, schema, name);

    yield builder.schema
      .createTable('scheduled_events')
      .addColumn('seq', sequence, numbered)
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('scheduled_at', 'bigint', (column) => column.notNull())
      .addColumn('available_at', 'bigint', (column) => column.notNull())
      .addColumn('claimed', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('epoch', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('message', 'text', (column) => column.notNull());
    yield builder.schema
      .createIndex(index('scheduled_events_by_availability'))
      .on('scheduled_events')
      .columns(['available_at', 'seq']);

    yield builder.schema
      .createTable('event_log')
      .addColumn('seq', sequence, numbered)
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('correlation_id', 'text', (column) => column.notNull())
      .addColumn('message', 'text', (column) => column.notNull());

    yield builder.schema
      .createTable('dead_letters')
      .addColumn('seq', sequence, numbered)
      .addColumn('id', 'text', (column) => column.notNull().unique())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('session_id', 'text', (column) => column.notNull())
      .addColumn('last_attempt_at', 'bigint', (column) => column.notNull())
      .addColumn('status', 'text', (column) => column.notNull())
      .addColumn('lease_until', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('entry', 'text', (column) => column.notNull());

    yield keyed(
      builder.schema
        .createTable('streams')
        .addColumn('stream', 'text', (column) => column.primaryKey().notNull())
        .addColumn('version', 'bigint', (column) => column.notNull())
        .addColumn('touched', 'bigint', (column) => column.notNull()) as never,
    );
    yield builder.schema
      .createIndex(index('streams_by_last_append'))
      .on('streams')
      .columns(['touched']);
    yield keyed(
      builder.schema
        .createTable('stream_records')
        .addColumn('stream', 'text', (column) => column.notNull())
        .addColumn('position', 'bigint', (column) => column.notNull())
        .addColumn('record', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint(index('stream_records_key'), ['stream', 'position']) as never,
    );
  },
};
