import type { Migration } from '../migration.ts';
import { indexName } from '../query-builder.ts';

/** Names the schedule of an occurrence, and holds one occurrence of each at a time. */
export const recurringSchedules: Migration = {
  version: 2,
  name: 'recurring-schedules',
  *statements({ builder, dialect, schema }) {
    yield builder.schema.alterTable('scheduled_events').addColumn('schedule', 'text');
    yield builder.schema
      .createIndex(indexName(dialect, schema, 'scheduled_events_by_schedule'))
      .unique()
      .on('scheduled_events')
      .column('schedule')
      .where('schedule', 'is not', null);
  },
};
