import {
  checkStoreNumbers,
  type DeadLetterEntry,
  type DeadLetterFilter,
  type DeadLetterQuery,
  type DeadLetterStore,
} from '@llmgine/core/stores';
import { sql, type ExpressionBuilder, type Expression, type SqlBool } from 'kysely';
import { prepare, slot, statementOf, type Row, type Statement } from './database/statement.ts';
import { FOREVER, nowMs } from './database/store-clock.ts';
import type { Tables } from './database/tables.ts';
import { storedText, type StoreContext } from './store-context.ts';

/** Makes the store of dead letters. */
export function createDeadLetterStore(context: StoreContext): DeadLetterStore {
  return new DatabaseDeadLetterStore(context);
}

class DatabaseDeadLetterStore implements DeadLetterStore {
  readonly #context: StoreContext;
  readonly #queries: ReturnType<typeof createQueries>;
  readonly #matching: ReturnType<typeof createFilter>;

  constructor(context: StoreContext) {
    this.#context = context;
    this.#queries = createQueries(context);
    this.#matching = createFilter(context);
  }

  async add(entry: DeadLetterEntry): Promise<void> {
    await this.#context.executor.run(this.#save(entry));
  }

  async claim(id: string, leaseMs: number): Promise<DeadLetterEntry | undefined> {
    checkStoreNumbers('claim a dead letter', { leaseMs });
    const values = { id, leaseMs: Math.min(Math.ceil(leaseMs), Math.floor(FOREVER / 2)) };
    const { rows } = await this.#context.executor.runOnce(this.#queries.claim(values));
    return rows[0] && entryOf(rows[0]);
  }

  async settle(id: string, outcome: 'removed' | 'resolved' | DeadLetterEntry): Promise<void> {
    const { executor } = this.#context;
    if (outcome === 'removed') await executor.run(this.#queries.remove({ id }));
    else if (outcome === 'resolved') await executor.run(this.#queries.resolve({ id }));
    else await executor.run(this.#save({ ...outcome, status: 'waiting' }));
  }

  async list({ limit, offset = 0, ...filter }: DeadLetterQuery = {}): Promise<
    readonly DeadLetterEntry[]
  > {
    checkStoreNumbers('list dead letters', { limit, offset, since: filter.since });
    let page = this.#context.builder
      .selectFrom('dead_letters')
      .select(['entry', this.#queries.status.as('status')])
      .where(this.#matching(filter))
      .orderBy('seq');
    if (limit !== undefined || offset > 0) page = page.limit(limit ?? FOREVER).offset(offset);
    return (await this.#context.executor.read(statementOf(page))).rows.map(entryOf);
  }

  async discard(id: string): Promise<boolean> {
    return (await this.#context.executor.runOnce(this.#queries.remove({ id }))).changes > 0;
  }

  async purge(filter: DeadLetterFilter = {}): Promise<number> {
    const { builder, executor } = this.#context;
    const purged = builder.deleteFrom('dead_letters').where(this.#matching(filter, everyStatus));
    return (await executor.runOnce(statementOf(purged))).changes;
  }

  async count(filter: DeadLetterFilter = {}): Promise<number> {
    const { builder, executor } = this.#context;
    const counted = builder
      .selectFrom('dead_letters')
      .select(sql<number>`count(*)`.as('count'))
      .where(this.#matching(filter));
    return Number((await executor.read(statementOf(counted))).rows[0]!['count']);
  }

  #save(entry: DeadLetterEntry): Statement {
    const { id, message, lastAttemptAt, status } = entry;
    const text = storedText(`Dead letter '${id}'`, entry, this.#context.maxMessageBytes);
    const { type, sessionId: session } = message;
    return this.#queries.save({ id, type, session, at: Math.ceil(lastAttemptAt), status, text });
  }
}

const everyStatus: readonly string[] = ['waiting', 'claimed', 'resolved'];

function entryOf(row: Row): DeadLetterEntry {
  const entry = JSON.parse(String(row['entry'])) as DeadLetterEntry;
  return { ...entry, status: String(row['status']) as DeadLetterEntry['status'] };
}

function createQueries({ builder, dialect }: StoreContext) {
  const id = slot('id');
  const now = nowMs(dialect);
  const written = {
    type: slot('type'),
    session_id: slot('session'),
    last_attempt_at: slot('at'),
    status: slot('status'),
    lease_until: 0,
    entry: slot('text'),
  };
  // A claim that was not settled in time has lapsed: the entry waits again.
  const status = sql<string>`case when status = 'claimed' and lease_until <= ${now} then 'waiting' else status end`;

  return {
    status,
    save: prepare(
      builder
        .insertInto('dead_letters')
        .values({ id, ...written })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(written)),
    ),
    claim: prepare(
      builder
        .updateTable('dead_letters')
        .set({
          status: 'claimed',
          lease_until: sql<number>`${now} + ${slot('leaseMs')}`,
        })
        .where('id', '=', id)
        .where(status, '=', 'waiting')
        .returning(['entry', 'status']),
    ),
    remove: prepare(builder.deleteFrom('dead_letters').where('id', '=', id)),
    resolve: prepare(
      builder.updateTable('dead_letters').set({ status: 'resolved' }).where('id', '=', id),
    ),
  };
}

type Where = ExpressionBuilder<Tables, 'dead_letters'>;

function createFilter({ dialect }: StoreContext) {
  const lapsed = sql<SqlBool>`lease_until <= ${nowMs(dialect)}`;

  return (filter: DeadLetterFilter, byDefault: readonly string[] = ['waiting', 'claimed']) =>
    (where: Where): Expression<SqlBool> => {
      const facts: Expression<SqlBool>[] = [ofStatus(where, filter.status, byDefault)];
      if (filter.type !== undefined) facts.push(where('type', '=', filter.type));
      if (filter.sessionId !== undefined) facts.push(where('session_id', '=', filter.sessionId));
      if (filter.since !== undefined)
        facts.push(where('last_attempt_at', '>=', Math.ceil(filter.since)));
      return where.and(facts);
    };

  function ofStatus(
    where: Where,
    status: string | undefined,
    byDefault: readonly string[],
  ): Expression<SqlBool> {
    if (status === undefined) return where('status', 'in', byDefault);
    if (status === 'waiting') {
      return where.or([
        where('status', '=', status),
        where.and([where('status', '=', 'claimed'), lapsed]),
      ]);
    }
    if (status === 'claimed') return where.and([where('status', '=', status), where.not(lapsed)]);
    return where('status', '=', status);
  }
}
