import { sql, type Expression, type ExpressionBuilder, type SqlBool } from 'kysely';
import { prepare, slot, statementOf, type Statement } from './database/statement.ts';
import { nowMs } from './database/store-clock.ts';
import type { Tables } from './database/tables.ts';
import type { StoreContext } from './store-context.ts';

/** The statements of the store of scheduled events. */
export interface ScheduledEventQueries {
  readonly now: Statement;
  /** Every held event's `seq`, in the order of their instants. */
  readonly order: Statement;
  claimDue(values: ClaimValues): Statement;
  extend(values: { id: string; epoch: number; leaseMs: number }): Statement;
  settle(values: { id: string; epoch: number }): Statement;
  release(values: { id: string; epoch: number }): Statement;
  cancel(values: { id: string }): Statement;
  reschedule(values: { id: string; at: number }): Statement;
  page(sequence: readonly number[]): Statement;
  nextDue(types: readonly string[] | undefined): Statement;
  unknownTypes(known: readonly string[]): Statement;
  /** An insert that also tells other processes, if what it inserts is earlier than all the rest. */
  announced(insert: Statement): Statement;
}

/** What is claimed. */
export interface ClaimValues {
  readonly types: readonly string[] | undefined;
  readonly count: number;
  readonly leaseMs: number;
}

/** The channel on which processes tell each other of earlier events. */
export function channelOf(schema: string): string {
  return `llmgine:${schema}`.slice(0, 63);
}

/** A claim's epoch grows with every claim, and begins higher in a row that is made anew under an old id. */
const EPOCHS_PER_ROW = 2 ** 20;

type Where = ExpressionBuilder<Tables, 'scheduled_events'>;

/** Compiles the statements once. */
export function createScheduledEventQueries(context: StoreContext): ScheduledEventQueries {
  const { builder, dialect } = context;
  const now = nowMs(dialect);
  const channel = channelOf(context.schema);
  const unclaimed = (where: Where): Expression<SqlBool> =>
    where.or([where('claimed', '=', 0), where('available_at', '<=', now)]);
  const owned = (where: Where): Expression<SqlBool> =>
    where.and([
      where('id', '=', slot<string>('id')),
      where('epoch', '=', slot<number>('epoch')),
      where('claimed', '=', 1),
      where('available_at', '>', now),
    ]);
  const wake =
    dialect === 'sqlite' ? sql<number>`1` : sql<number>`1, pg_notify(${sql.lit(channel)}, '')`;
  const claims = createClaimQueries(context);

  return {
    ...claims,
    now: statementOf(builder.selectNoFrom(now.as('now'))),
    order: statementOf(
      builder.selectFrom('scheduled_events').select('seq').orderBy('scheduled_at').orderBy('seq'),
    ),
    extend: prepare(
      builder
        .updateTable('scheduled_events')
        .set({ available_at: sql<number>`${now} + ${slot<number>('leaseMs')}` })
        .where(owned),
    ),
    settle: prepare(builder.deleteFrom('scheduled_events').where(owned)),
    release: prepare(
      builder
        .updateTable('scheduled_events')
        .set(({ ref }) => ({ claimed: 0, available_at: ref('scheduled_at') }))
        .where(owned),
    ),
    cancel: prepare(
      builder.deleteFrom('scheduled_events').where('id', '=', slot<string>('id')).where(unclaimed),
    ),
    reschedule: prepare(
      builder
        .updateTable('scheduled_events')
        .set({ claimed: 0, scheduled_at: slot<number>('at'), available_at: slot<number>('at') })
        .where('id', '=', slot<string>('id'))
        .where(unclaimed)
        .returning(wake.as('woken') as never),
    ),
    page: createPageQuery(context),
    announced: (insert) =>
      dialect === 'sqlite' ? insert : { ...insert, sql: announcing(insert.sql, context) },
  };
}

function createClaimQueries({ builder, dialect }: StoreContext) {
  const now = nowMs(dialect);
  const amongTypes =
    dialect === 'sqlite'
      ? sql<SqlBool>`type in (select value from json_each(${slot<string>('types')}))`
      : sql<SqlBool>`type = any(${slot<string>('types')}::text[])`;
  const held = builder.selectFrom('scheduled_events');
  const soonest = held.orderBy('available_at').orderBy('seq');
  const at = 'available_at as at';
  const wait = sql<number>`available_at - ${now}`.as('wait');
  const nextOfAll = statementOf(soonest.select([at, wait]).limit(1));
  const nextOfTypes = prepare<{ types: unknown }>(
    soonest.select([at, wait]).where(amongTypes).limit(1),
  );
  const unknown = prepare<{ types: unknown }>(
    held
      .select(['type', sql<string>`min(id)`.as('id')])
      .where('available_at', '<=', now)
      .where(sql<SqlBool>`not (${amongTypes})`)
      .groupBy('type'),
  );
  const claimAny = prepare<object>(claiming(undefined));
  const claimTypes = prepare<object>(claiming(amongTypes));
  const list = (types: readonly string[]): unknown =>
    dialect === 'sqlite' ? JSON.stringify(types) : types;

  return {
    claimDue: ({ types, ...values }: ClaimValues) =>
      types ? claimTypes({ ...values, types: list(types) }) : claimAny(values),
    nextDue: (types: readonly string[] | undefined) =>
      types ? nextOfTypes({ types: list(types) }) : nextOfAll,
    unknownTypes: (known: readonly string[]) => unknown({ types: list(known) }),
  };

  function claiming(types: Expression<SqlBool> | undefined) {
    const due = soonest
      .select('seq')
      .where('available_at', '<=', now)
      .$if(types !== undefined, (query) => query.where(types!))
      .limit(slot<number>('count'))
      // Whoever claims at the same time passes over what we are about to take.
      .$if(dialect === 'postgres', (query) => query.forUpdate().skipLocked());
    const lapse = sql<number>`${now} + ${slot<number>('leaseMs')}`;
    return builder
      .with('due', () => due)
      .updateTable('scheduled_events')
      .set({
        claimed: 1,
        epoch: sql<number>`case when epoch = 0 then seq * ${sql.lit(EPOCHS_PER_ROW)} else epoch end + 1`,
        available_at: lapse,
      })
      .where(
        'seq',
        'in',
        (query) => query.selectFrom('due' as never).select('seq' as never) as never,
      )
      .returning(['seq', 'scheduled_at', 'epoch', 'message']);
  }
}

function createPageQuery({ builder, dialect }: StoreContext) {
  const sequence = slot<string>('sequence');
  const held = sql<number>`case when claimed = 1 and available_at > ${nowMs(dialect)} then 1 else 0 end`;
  const page = prepare<{ sequence: unknown }>(
    builder
      .selectFrom('scheduled_events')
      .select(['seq', 'scheduled_at', 'message', held.as('held')])
      .where(
        dialect === 'sqlite'
          ? sql<SqlBool>`seq in (select value from json_each(${sequence}))`
          : sql<SqlBool>`seq = any(${sequence}::bigint[])`,
      )
      .orderBy('scheduled_at')
      .orderBy('seq'),
  );
  return (sequence: readonly number[]): Statement =>
    page({ sequence: dialect === 'sqlite' ? JSON.stringify(sequence) : sequence });
}

/** Insert and announcement in one step: a process that dies between the two would leave the others asleep. */
function announcing(insert: string, { builder, schema }: StoreContext): string {
  const earlier = builder
    .selectFrom('scheduled_events')
    .select('seq')
    .where('available_at', '<', sql<number>`saved_first.at`)
    .compile().sql;
  return `with saved as (${insert} returning available_at),
    saved_first as (select min(available_at) as at from saved)
    select pg_notify('${channelOf(schema)}', '') from saved_first where at is not null and not exists (${earlier})`;
}
