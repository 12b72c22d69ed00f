import {
  sql,
  type Compilable,
  type Expression,
  type ExpressionBuilder,
  type SqlBool,
} from 'kysely';
import { prepare, slot, statementOf, type Statement } from './database/statement.ts';
import { nowMs } from './database/store-clock.ts';
import type { Tables } from './database/tables.ts';
import type { StoreContext } from './store-context.ts';

/** The statements of the store of scheduled events. */
export interface ScheduledEventQueries {
  readonly now: Statement;
  /** Every held event's `seq`, in the order of their instants. */
  readonly order: Statement;
  readonly claimDue: (values: ClaimValues) => Statement;
  readonly extend: (values: { id: string; epoch: number; leaseMs: number }) => Statement;
  readonly settle: (values: { id: string; epoch: number }) => Statement;
  readonly release: (values: { id: string; epoch: number }) => Statement;
  readonly cancel: (values: { id: string }) => Statement;
  readonly reschedule: (values: { id: string; at: number }) => Statement;
  readonly page: (sequence: readonly number[]) => Statement;
  readonly nextDue: (types: readonly string[] | undefined) => Statement;
  readonly unknownTypes: (known: readonly string[]) => Statement;
  /** An insert that also tells other processes, if what it inserts is earlier than the rest of its type. */
  readonly announced: (insert: Statement) => Statement;
}

/** What is claimed. */
interface ClaimValues {
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

/** So many of the earliest events are searched for one that others wait for anyhow; beyond, they are woken in vain. */
const EARLIEST_LOOKED_AT = 64;

type Where = ExpressionBuilder<Tables, 'scheduled_events'>;

/** Compiles the statements once. */
export function createScheduledEventQueries(context: StoreContext): ScheduledEventQueries {
  const { builder, dialect } = context;
  const order = builder
    .selectFrom('scheduled_events')
    .select('seq')
    .orderBy('scheduled_at')
    .orderBy('seq');

  return {
    ...createLeaseQueries(context),
    ...createChangeQueries(context),
    ...createDueQueries(context),
    claimDue: createClaimQuery(context),
    now: statementOf(builder.selectNoFrom(nowMs(dialect).as('now'))),
    order: statementOf(order),
    page: createPageQuery(context),
    announced: (insert) =>
      dialect === 'sqlite' ? insert : { ...insert, sql: announcing(insert.sql, context) },
  };
}

/** What only the holder of a lease may do. */
function createLeaseQueries({ builder, dialect }: StoreContext) {
  const now = nowMs(dialect);
  const owned = (where: Where): Expression<SqlBool> =>
    where.and([
      where('id', '=', slot('id')),
      where('epoch', '=', slot('epoch')),
      where('claimed', '=', 1),
      where('available_at', '>', now),
    ]);
  const held = builder.updateTable('scheduled_events');
  const lapse = sql<number>`${now} + ${slot('leaseMs')}`;

  return {
    extend: prepare(held.set({ available_at: lapse }).where(owned)),
    settle: prepare(builder.deleteFrom('scheduled_events').where(owned)),
    release: prepare(
      held.set((set) => ({ claimed: 0, available_at: set.ref('scheduled_at') })).where(owned),
    ),
  };
}

/** What may be done to an event that nobody handles. */
function createChangeQueries({ builder, dialect, schema }: StoreContext) {
  const unclaimed = (where: Where): Expression<SqlBool> =>
    where.and([
      where('id', '=', slot('id')),
      where.or([where('claimed', '=', 0), where('available_at', '<=', nowMs(dialect))]),
    ]);
  const channel = sql.lit(channelOf(schema));
  const woken = dialect === 'sqlite' ? sql<number>`1` : sql<number>`pg_notify(${channel}, '')`;
  const at = slot('at');

  return {
    cancel: prepare(builder.deleteFrom('scheduled_events').where(unclaimed)),
    reschedule: prepare(
      builder
        .updateTable('scheduled_events')
        .set({ claimed: 0, scheduled_at: at, available_at: at })
        .where(unclaimed)
        .returning(woken.as('woken')),
    ),
  };
}

function createDueQueries(context: StoreContext) {
  const { builder, dialect } = context;
  const now = nowMs(dialect);
  const held = builder.selectFrom('scheduled_events');
  const next = held
    .select(['available_at as at', sql<number>`available_at - ${now}`.as('wait')])
    .orderBy('available_at')
    .orderBy('seq')
    .limit(1);
  const nextOfAll = statementOf(next);
  const nextOfTypes = prepare(next.where(amongTypes(context)));
  const unknown = prepare(
    held
      .select(['type', sql<string>`min(id)`.as('id')])
      .where('available_at', '<=', now)
      .where(sql<SqlBool>`not (${amongTypes(context)})`)
      .groupBy('type'),
  );

  return {
    nextDue: (types: readonly string[] | undefined) =>
      types ? nextOfTypes({ types: listOf(types, context) }) : nextOfAll,
    unknownTypes: (known: readonly string[]) => unknown({ types: listOf(known, context) }),
  };
}

function createClaimQuery(context: StoreContext): (values: ClaimValues) => Statement {
  const { builder, dialect } = context;
  const now = nowMs(dialect);
  const epoch = sql<number>`case when epoch = 0 then seq * ${sql.lit(EPOCHS_PER_ROW)} else epoch end + 1`;
  const due = builder
    .selectFrom('scheduled_events')
    .select('seq')
    .where('available_at', '<=', now)
    .orderBy('available_at')
    .orderBy('seq')
    .limit(slot('count'))
    // Whoever claims at the same time passes over what we are about to take.
    .$if(dialect === 'postgres', (query) => query.forUpdate().skipLocked());
  const claiming = (chosen: typeof due): Compilable =>
    builder
      .with('due', () => chosen)
      .updateTable('scheduled_events')
      .set({ claimed: 1, epoch, available_at: sql<number>`${now} + ${slot('leaseMs')}` })
      .where('seq', 'in', (query) => query.selectFrom('due').select('due.seq'))
      .returning(['seq', 'scheduled_at', 'epoch', 'message']);
  const anyType = prepare(claiming(due));
  const ofTypes = prepare(claiming(due.where(amongTypes(context))));

  return ({ types, ...values }) =>
    types ? ofTypes({ ...values, types: listOf(types, context) }) : anyType(values);
}

/** One text for any number of types, so that it is compiled once. */
function amongTypes({ dialect }: StoreContext): Expression<SqlBool> {
  const types = slot('types');
  return dialect === 'sqlite'
    ? sql<SqlBool>`type in (select value from json_each(${types}))`
    : sql<SqlBool>`type = any(${types}::text[])`;
}

function listOf(values: readonly unknown[], { dialect }: StoreContext): unknown {
  return dialect === 'sqlite' ? JSON.stringify(values) : values;
}

function createPageQuery(context: StoreContext): (sequence: readonly number[]) => Statement {
  const { builder, dialect } = context;
  const sequence = slot('sequence');
  const held = sql<number>`case when claimed = 1 and available_at > ${nowMs(dialect)} then 1 else 0 end`;
  const chosen =
    dialect === 'sqlite'
      ? sql<SqlBool>`seq in (select value from json_each(${sequence}))`
      : sql<SqlBool>`seq = any(${sequence}::bigint[])`;
  const page = prepare(
    builder
      .selectFrom('scheduled_events')
      .select(['seq', 'scheduled_at', 'message', held.as('held')])
      .where(chosen),
  );
  return (numbers) => page({ sequence: listOf(numbers, context) });
}

/** Insert and announcement in one step: a process that dies between the two would leave the others asleep. */
function announcing(insert: string, { builder, schema }: StoreContext): string {
  const earlier = builder
    .selectFrom('scheduled_events')
    .select('type')
    .where('available_at', '<', sql<number>`first.at`)
    .orderBy('available_at')
    .orderBy('seq')
    .limit(sql.lit(EARLIEST_LOOKED_AT))
    .compile().sql;
  // An earlier event of another type wakes nobody who knows this one only.
  return `with saved as (${insert} returning type, available_at),
    first as (select type, min(available_at) as at from saved group by type)
    select pg_notify('${channelOf(schema)}', '') from first
    where not exists (select from (${earlier}) as earlier where earlier.type = first.type)`;
}
