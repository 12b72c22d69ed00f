import { StreamConflictError } from '@llmgine/core';
import { checkStoreNumbers, type StreamStore } from '@llmgine/core/stores';
import { createRowInserter, type RowInserter } from './database/insert-rows.ts';
import type { Work } from './database/statement.ts';
import { storedText, type StoreContext } from './store-context.ts';
import { createStreamQueries, type StreamQueries } from './stream-queries.ts';

/** How many records are read at a time. */
const PAGE = 500;

/** Makes the store of streams. */
export function createStreamStore(context: StoreContext): StreamStore {
  return new DatabaseStreamStore(context);
}

interface Append {
  readonly stream: string;
  readonly expected: number | undefined;
  readonly texts: readonly string[];
}

class DatabaseStreamStore implements StreamStore {
  readonly #context: StoreContext;
  readonly #queries: StreamQueries;
  readonly #insertRows: RowInserter;
  /** One append to a stream at a time, in the order of calls, however many connections there are. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(context: StoreContext) {
    this.#context = context;
    this.#queries = createStreamQueries(context);
    const columns = ['stream', 'position', 'record'];
    this.#insertRows = createRowInserter({ ...context, table: 'stream_records', columns });
  }

  async append(
    stream: string,
    expected: number | undefined,
    records: readonly unknown[],
  ): Promise<number> {
    const { executor, maxMessageBytes } = this.#context;
    const what = `A record of stream '${stream}'`;
    const texts = records.map((record) => storedText(what, record, maxMessageBytes));
    const before = this.#turns.get(stream) ?? Promise.resolve();
    const appended = before.then(() =>
      executor.transact(() => this.#appending({ stream, expected, texts })),
    );
    const settled = appended.then(
      () => {},
      () => {}, // the caller has it
    );
    this.#turns.set(stream, settled);
    try {
      return await appended;
    } finally {
      if (this.#turns.get(stream) === settled) this.#turns.delete(stream);
    }
  }

  async *read(stream: string, { from = 0 }: { readonly from?: number } = {}): AsyncGenerator {
    checkStoreNumbers('read a stream', { from });
    for (let position = from; ; position += PAGE) {
      const { rows } = await this.#context.executor.read(
        this.#queries.page({ stream, from: position, to: position + PAGE }),
      );
      for (const row of rows) yield JSON.parse(String(row['record'])) as unknown;
      if (rows.length < PAGE) return;
    }
  }

  async *list(prefix = ''): AsyncGenerator<string> {
    const { rows } = await this.#context.executor.read(this.#queries.list({ prefix }));
    for (const row of rows) yield String(row['stream']);
  }

  async delete(stream: string): Promise<void> {
    await this.#context.executor.transact(() => this.#deleting(stream));
  }

  *#appending({ stream, expected, texts }: Append): Work<number> {
    if (texts.length === 0) return yield* this.#versionOf(stream, expected);
    const { rows } = yield this.#queries.advance({ stream, count: texts.length, expected });
    if (!rows[0]) return yield* this.#versionOf(stream, expected);
    const version = Number(rows[0]['version']);
    const first = version - texts.length;
    const records = texts.map((text, index) => [stream, first + index, text]);
    for (const insert of this.#insertRows(records)) yield insert;
    return version;
  }

  *#versionOf(stream: string, expected: number | undefined): Work<number> {
    const { rows } = yield this.#queries.version({ stream });
    const version = Number(rows[0]?.['version'] ?? 0);
    if (expected === undefined || expected === version) return version;
    throw new StreamConflictError(stream, expected, version);
  }

  *#deleting(stream: string): Work<void> {
    yield this.#queries.deleteRecords({ stream });
    yield this.#queries.deleteStream({ stream });
  }
}
