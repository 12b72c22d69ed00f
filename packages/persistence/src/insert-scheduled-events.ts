import { sql } from 'kysely';
import { createRowInserter, type RowValues } from './database/insert-rows.ts';
import type { Statement, StatementOutcome } from './database/statement.ts';
import { channelOf } from './scheduled-event-queries.ts';
import type { StoreContext } from './store-context.ts';

/** Inserts events that are to be held, and tells other processes of those that are earlier than the rest. */
export interface ScheduledEventInserter {
  statements(rows: readonly RowValues[]): readonly Statement[];
  /** The ids of those that may not have been inserted, since something was held in their place. */
  refused(statement: Statement, outcome: StatementOutcome): readonly string[];
}

/** The columns of a row that is inserted; the first is the id. */
const COLUMNS = ['id', 'type', 'scheduled_at', 'available_at', 'message', 'schedule'] as const;

/** So many of the earliest events are searched for one that others wait for anyhow; beyond, they are woken in vain. */
const EARLIEST_LOOKED_AT = 64;

/** Makes the inserter. */
export function createScheduledEventInserter(context: StoreContext): ScheduledEventInserter {
  const isSqlite = context.dialect === 'sqlite';
  const insert = createRowInserter({
    ...context,
    table: 'scheduled_events',
    columns: COLUMNS,
    // Whichever of its two keys is there already: the id, or its schedule.
    finish: (query) => query.onConflict((conflict) => conflict.doNothing()),
  });
  const announced = new Map<string, string>();

  return {
    statements: (rows) => (isSqlite ? [...insert(rows)] : Array.from(insert(rows), announce)),
    refused: isSqlite
      ? ({ each }, { fellShort }) => (fellShort ?? []).flatMap((index) => idsOf(each![index]!))
      : refusedByServer,
  };

  function announce(statement: Statement): Statement {
    const rows = statement.parameters.length / COLUMNS.length;
    let text = announced.get(statement.sql);
    if (text === undefined) {
      text = announcing(statement.sql, rows, context);
      announced.set(statement.sql, text);
    }
    return { ...statement, sql: text };
  }
}

/** Insert and announcement in one step: a process that dies between the two would leave the others asleep. */
function announcing(insert: string, rows: number, { builder, schema }: StoreContext): string {
  const earlier = builder
    .selectFrom('scheduled_events')
    .select('type')
    .where('available_at', '<', sql<number>`first.at`)
    .orderBy('available_at')
    .orderBy('seq')
    .limit(sql.lit(EARLIEST_LOOKED_AT))
    .compile().sql;
  // An earlier event of another type wakes nobody who knows this one only.
  return `with saved as (${insert} returning id, type, available_at),
    first as (select type, min(available_at) as at from saved group by type)
    select
      (select count(pg_notify('${channelOf(schema)}', '')) from first
        where not exists (select from (${earlier}) as earlier where earlier.type = first.type)) as woken,
      case when (select count(*) from saved) < ${rows}
        then (select coalesce(json_agg(id), '[]') from saved) end as inserted`;
}

function refusedByServer({ parameters }: Statement, { rows }: StatementOutcome): readonly string[] {
  const inserted = rows[0]?.['inserted'] as readonly string[] | null | undefined;
  if (!inserted) return [];
  const left = new Set(inserted);
  return idsOf(parameters).filter((id) => !left.delete(id));
}

function idsOf(values: RowValues): readonly string[] {
  return values.filter((_, index) => index % COLUMNS.length === 0) as readonly string[];
}
