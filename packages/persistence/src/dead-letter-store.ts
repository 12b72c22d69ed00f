import type { DeadLetterEntry, DeadLetterFilter, DeadLetterStore } from '@llmgine/core/stores';
import { sql, type ExpressionBuilder, type Expression, type SqlBool } from 'kysely';
import { prepare, slot, statementOf, type Row, type Statement } from './database/statement.ts';
import { FOREVER, nowMs } from './database/store-clock.ts';
import type { Tables } from './database/tables.ts';
import { storedText, type StoreContext } from './store-context.ts';

/** Makes the store of dead letters. */
export function createDeadLetterStore(context: StoreContext): DeadLetterStore {
  const { executor, builder } = context;
  const queries = createQueries(context);
  const matching = createFilter(context);
  const letters = builder.selectFrom('dead_letters');

  return {
    async add(entry) {
      await executor.run(save(entry));
    },
    async claim(id, leaseMs) {
      const values = { id, leaseMs: Math.min(Math.ceil(leaseMs), Math.floor(FOREVER / 2)) };
      const { rows } = await executor.runOnce(queries.claim(values));
      return rows[0] && entryOf(rows[0]);
    },
    async settle(id, outcome) {
      if (outcome === 'removed') await executor.run(queries.remove({ id }));
      else if (outcome === 'resolved') await executor.run(queries.resolve({ id }));
      else await executor.run(save({ ...outcome, status: 'waiting' }));
    },
    async list({ limit, offset = 0, ...filter } = {}) {
      let page = letters
        .select(['entry', queries.status.as('status')])
        .where(matching(filter))
        .orderBy('seq');
      if (limit !== undefined || offset > 0) page = page.limit(limit ?? FOREVER).offset(offset);
      return (await executor.read(statementOf(page))).rows.map(entryOf);
    },
    discard: async (id) => (await executor.runOnce(queries.remove({ id }))).changes > 0,
    async purge(filter = {}) {
      const statement = statementOf(
        builder.deleteFrom('dead_letters').where(matching(filter, everyStatus)),
      );
      return (await executor.runOnce(statement)).changes;
    },
    async count(filter = {}) {
      const counted = letters.select(sql<number>`count(*)`.as('count')).where(matching(filter));
      return Number((await executor.read(statementOf(counted))).rows[0]!['count']);
    },
  };

  function save(entry: DeadLetterEntry): Statement {
    const { id, message, lastAttemptAt, status } = entry;
    const text = storedText(`Dead letter '${id}'`, entry, context.maxMessageBytes);
    return queries.save({
      id,
      type: message.type,
      session: message.sessionId,
      at: Math.ceil(lastAttemptAt),
      status,
      text,
    });
  }
}

const everyStatus: readonly string[] = ['waiting', 'claimed', 'resolved'];

function entryOf(row: Row): DeadLetterEntry {
  const entry = JSON.parse(String(row['entry'])) as DeadLetterEntry;
  return { ...entry, status: String(row['status']) as DeadLetterEntry['status'] };
}

function createQueries({ builder, dialect }: StoreContext) {
  const id = slot<string>('id');
  const now = nowMs(dialect);
  const written = {
    type: slot<string>('type'),
    session_id: slot<string>('session'),
    last_attempt_at: slot<number>('at'),
    status: slot<string>('status'),
    lease_until: 0,
    entry: slot<string>('text'),
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
          lease_until: sql<number>`${now} + ${slot<number>('leaseMs')}`,
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
