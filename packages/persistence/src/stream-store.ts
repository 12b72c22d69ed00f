import { StreamConflictError } from '@llmgine/core';
import type { StreamStore } from '@llmgine/core/stores';
import { sql } from 'kysely';
import { createRowInserter } from './database/insert-rows.ts';
import { prepare, slot, type Statement, type Work } from './database/statement.ts';
import { storedText, type StoreContext } from './store-context.ts';

/** How many records or names are read at a time. */
const PAGE = 500;

/** Makes the store of streams. */
export function createStreamStore(context: StoreContext): StreamStore {
  const { executor, maxMessageBytes } = context;
  const queries = createQueries(context);
  const insertRows = createRowInserter({
    ...context,
    table: 'stream_records',
    columns: ['stream', 'position', 'record'],
  });
  const turns = new Map<string, Promise<unknown>>();

  return {
    append(stream, expectedVersion, records) {
      const what = `A record of stream '${stream}'`;
      const before = turns.get(stream) ?? Promise.resolve();
      const appended = prepared(records, what).then((texts) =>
        before.then(() => executor.transact(() => appending({ stream, expectedVersion, texts }))),
      );
      return inTurn(stream, appended);
    },
    async *read(stream, { from = 0 } = {}) {
      for (let position = from; ; position += PAGE) {
        const { rows } = await executor.read(
          queries.page({ stream, from: position, to: position + PAGE }),
        );
        for (const row of rows) yield JSON.parse(String(row['record'])) as unknown;
        if (rows.length < PAGE) return;
      }
    },
    async *list(prefix = '') {
      const { rows } = await executor.read(queries.list({ prefix }));
      for (const row of rows) yield String(row['stream']);
    },
    async delete(stream) {
      await executor.transact(() => deleting(stream));
    },
  };

  async function prepared(records: readonly unknown[], what: string): Promise<string[]> {
    return records.map((record) => storedText(what, record, maxMessageBytes));
  }

  /** One append to a stream at a time, in the order of calls, however many connections there are. */
  async function inTurn(stream: string, appended: Promise<number>): Promise<number> {
    const settled = appended.then(
      () => {},
      () => {},
    );
    turns.set(stream, settled);
    try {
      return await appended;
    } finally {
      if (turns.get(stream) === settled) turns.delete(stream);
    }
  }

  function* appending({ stream, expectedVersion, texts }: Append): Work<number> {
    if (texts.length === 0) return yield* versionOf(stream, expectedVersion);
    const { rows } = yield advanceOf({ stream, count: texts.length, expected: expectedVersion });
    if (!rows[0]) return yield* versionOf(stream, expectedVersion);
    const version = Number(rows[0]['version']);
    const first = version - texts.length;
    for (const insert of insertRows(texts.map((text, index) => [stream, first + index, text]))) {
      yield insert;
    }
    return version;
  }

  function* versionOf(stream: string, expected: number | undefined): Work<number> {
    const { rows } = yield queries.version({ stream });
    const version = Number(rows[0]?.['version'] ?? 0);
    if (expected !== undefined && expected !== version) {
      throw new StreamConflictError(stream, expected, version);
    }
    return version;
  }

  /** A stream that is expected to be empty, or anything, may have to be made. */
  function advanceOf(values: {
    stream: string;
    count: number;
    expected: number | undefined;
  }): Statement {
    if (values.expected === undefined) return queries.advanceAny(values);
    return values.expected === 0 ? queries.begin(values) : queries.advance(values);
  }

  function* deleting(stream: string): Work<void> {
    yield queries.deleteRecords({ stream });
    yield queries.deleteStream({ stream });
  }
}

interface Append {
  readonly stream: string;
  readonly expectedVersion: number | undefined;
  readonly texts: readonly string[];
}

function createQueries({ builder }: StoreContext) {
  const stream = slot<string>('stream');
  const count = slot<number>('count');
  const touched = sql<number>`(select coalesce(max(touched), 0) + 1 from ${sql.table('streams')})`;
  const begun = builder.insertInto('streams').values({ stream, version: count, touched });
  const advanced = { version: sql<number>`${sql.ref('streams.version')} + ${count}`, touched };
  const page = builder
    .selectFrom('stream_records')
    .select('record')
    .where('stream', '=', stream)
    .where('position', '>=', slot<number>('from'))
    .where('position', '<', slot<number>('to'))
    .orderBy('position');

  return {
    /** Makes the stream, or advances it if it is empty all the same. */
    begin: prepare(
      begun
        .onConflict((conflict) =>
          conflict.column('stream').doUpdateSet(advanced).where('streams.version', '=', 0),
        )
        .returning('version'),
    ),
    advanceAny: prepare(
      begun
        .onConflict((conflict) => conflict.column('stream').doUpdateSet(advanced))
        .returning('version'),
    ),
    advance: prepare(
      builder
        .updateTable('streams')
        .set(advanced)
        .where('stream', '=', stream)
        .where('version', '=', slot<number>('expected'))
        .returning('version'),
    ),
    version: prepare(builder.selectFrom('streams').select('version').where('stream', '=', stream)),
    page: prepare(page),
    list: prepare(
      builder
        .selectFrom('streams')
        .select('stream')
        // Not LIKE: it would take % and _ in the prefix for wildcards, and SQLite's ignores case.
        .where(
          sql<string>`substr(stream, 1, length(${slot<string>('prefix')}))`,
          '=',
          slot<string>('prefix'),
        )
        .orderBy('touched', 'desc')
        .orderBy('stream'),
    ),
    deleteRecords: prepare(builder.deleteFrom('stream_records').where('stream', '=', stream)),
    deleteStream: prepare(builder.deleteFrom('streams').where('stream', '=', stream)),
  };
}
