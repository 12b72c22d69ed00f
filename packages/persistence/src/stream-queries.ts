import { sql } from 'kysely';
import { prepare, slot, type Statement } from './database/statement.ts';
import type { StoreContext } from './store-context.ts';

type Prepared<Values extends object> = (values: Values) => Statement;

/** The statements of the store of streams. */
export interface StreamQueries {
  /** Gives the new version, or no row when the stream is not at the version expected. */
  readonly advance: Prepared<AdvanceValues>;
  readonly version: Prepared<{ stream: string }>;
  readonly page: Prepared<{ stream: string; from: number; to: number }>;
  readonly list: Prepared<{ prefix: string }>;
  readonly deleteRecords: Prepared<{ stream: string }>;
  readonly deleteStream: Prepared<{ stream: string }>;
}

/** How far a stream goes on, and from where. */
interface AdvanceValues {
  readonly stream: string;
  readonly count: number;
  /** Undefined: from wherever it is. */
  readonly expected: number | undefined;
}

/** Compiles the statements once. */
export function createStreamQueries(context: StoreContext): StreamQueries {
  const { builder } = context;
  const stream = slot('stream');
  const prefix = slot('prefix');
  const page = builder
    .selectFrom('stream_records')
    .select('record')
    .where('stream', '=', stream)
    .where('position', '>=', slot('from'))
    .where('position', '<', slot('to'))
    .orderBy('position');
  const list = builder
    .selectFrom('streams')
    .select('stream')
    // Not LIKE: it would take % and _ in the prefix for wildcards, and SQLite's ignores case.
    .where(sql<string>`substr(stream, 1, length(${prefix}))`, '=', prefix)
    .orderBy('touched', 'desc')
    .orderBy('stream');

  return {
    advance: createAdvance(context),
    version: prepare(builder.selectFrom('streams').select('version').where('stream', '=', stream)),
    page: prepare(page),
    list: prepare(list),
    deleteRecords: prepare(builder.deleteFrom('stream_records').where('stream', '=', stream)),
    deleteStream: prepare(builder.deleteFrom('streams').where('stream', '=', stream)),
  };
}

function createAdvance({ builder }: StoreContext): Prepared<AdvanceValues> {
  const stream = slot('stream');
  const count = slot('count');
  const touched = sql<number>`(select coalesce(max(touched), 0) + 1 from ${sql.table('streams')})`;
  const advanced = { version: sql<number>`${sql.ref('streams.version')} + ${count}`, touched };
  const begun = builder.insertInto('streams').values({ stream, version: count, touched });
  const fromAnywhere = prepare(
    begun
      .onConflict((conflict) => conflict.column('stream').doUpdateSet(advanced))
      .returning('version'),
  );
  const fromNothing = prepare(
    begun
      .onConflict((conflict) =>
        conflict.column('stream').doUpdateSet(advanced).where('streams.version', '=', 0),
      )
      .returning('version'),
  );
  const fromExpected = prepare(
    builder
      .updateTable('streams')
      .set(advanced)
      .where('stream', '=', stream)
      .where('version', '=', slot('expected'))
      .returning('version'),
  );

  return (values) => {
    if (values.expected === undefined) return fromAnywhere(values);
    return values.expected === 0 ? fromNothing(values) : fromExpected(values);
  };
}
