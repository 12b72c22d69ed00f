import type { EventMessage } from '@llmgine/core';
import { scheduleOf, type KnownWork } from '@llmgine/core/stores';
import {
  sql,
  type AliasedRawBuilder,
  type Compilable,
  type Expression,
  type ExpressionBuilder,
  type RawBuilder,
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
  /** What is held under an event's id, or else of its schedule. */
  readonly inPlaceOf: (event: EventMessage) => Statement;
  readonly page: (sequence: readonly number[]) => Statement;
  readonly nextDue: (known: KnownWork | undefined) => Statement;
  readonly unknownWork: (known: KnownWork) => Statement;
}

/** What is claimed. */
interface ClaimValues extends KnownWork {
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
    inPlaceOf: createInPlaceQuery(context),
    page: createPageQuery(context),
  };
}

/** What only the holder of a lease may do. */
function createLeaseQueries(context: StoreContext) {
  const { builder, dialect } = context;
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
    settle: prepare(
      builder.deleteFrom('scheduled_events').where(owned).returning(endingOccurrence(context)),
    ),
    release: prepare(
      held.set((set) => ({ claimed: 0, available_at: set.ref('scheduled_at') })).where(owned),
    ),
  };
}

/** What may be done to an event that nobody handles. */
function createChangeQueries(context: StoreContext) {
  const { builder, dialect } = context;
  const unclaimed = (where: Where): Expression<SqlBool> =>
    where.and([
      where('id', '=', slot('id')),
      where.or([where('claimed', '=', 0), where('available_at', '<=', nowMs(dialect))]),
    ]);
  const at = slot('at');

  return {
    cancel: prepare(
      builder.deleteFrom('scheduled_events').where(unclaimed).returning(endingOccurrence(context)),
    ),
    reschedule: prepare(
      builder
        .updateTable('scheduled_events')
        .set({ claimed: 0, scheduled_at: at, available_at: at })
        .where(unclaimed)
        .returning(waking(context).as('woken')),
    ),
  };
}

/** Tells other processes to look; on SQLite they see by themselves that the file has changed. */
function waking({ dialect, schema }: StoreContext): RawBuilder<number> {
  const channel = sql.lit(channelOf(schema));
  return dialect === 'sqlite' ? sql<number>`1` : sql<number>`pg_notify(${channel}, '')`;
}

/** Others may go on with the schedule of an occurrence that is gone; they put the next one back. */
function endingOccurrence(context: StoreContext): AliasedRawBuilder<number, 'woken'> {
  const woken = waking(context);
  return context.dialect === 'sqlite'
    ? woken.as('woken')
    : sql<number>`case when schedule is not null then ${woken} end`.as('woken');
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
  const nextOfKnown = prepare(next.where(isKnown(context)));
  const unknown = prepare(
    held
      .select(['type', 'schedule', sql<string>`min(id)`.as('id')])
      .where('available_at', '<=', now)
      .where(sql<SqlBool>`not (${isKnown(context)})`)
      .groupBy(['type', 'schedule']),
  );

  return {
    nextDue: (known: KnownWork | undefined) =>
      isEverything(known) ? nextOfAll : nextOfKnown(listsOf(known, context)),
    unknownWork: (known: KnownWork) => unknown(listsOf(known, context)),
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
  const anything = prepare(claiming(due));
  const known = prepare(claiming(due.where(isKnown(context))));

  return ({ types, schedules, ...values }) =>
    isEverything({ types, schedules })
      ? anything(values)
      : known({ ...values, ...listsOf({ types, schedules }, context) });
}

/** One text for any number of types and schedules, so that it is compiled once; a list that is null names all. */
function isKnown({ dialect }: StoreContext): Expression<SqlBool> {
  const types = slot('types');
  const schedules = slot('schedules');
  return dialect === 'sqlite'
    ? sql<SqlBool>`(${types} is null or type in (select value from json_each(${types})))
        and (schedule is null or ${schedules} is null or schedule in (select value from json_each(${schedules})))`
    : sql<SqlBool>`(${types}::text[] is null or type = any(${types}::text[]))
        and (schedule is null or ${schedules}::text[] is null or schedule = any(${schedules}::text[]))`;
}

function isEverything(known: KnownWork | undefined): known is undefined {
  return known?.types === undefined && known?.schedules === undefined;
}

function listsOf({ types, schedules }: KnownWork, context: StoreContext): object {
  return {
    types: types ? listOf(types, context) : null,
    schedules: schedules ? listOf(schedules, context) : null,
  };
}

function listOf(values: readonly unknown[], { dialect }: StoreContext): unknown {
  return dialect === 'sqlite' ? JSON.stringify(values) : values;
}

function createInPlaceQuery({ builder }: StoreContext): (event: EventMessage) => Statement {
  const held = builder.selectFrom('scheduled_events').select(['id', 'scheduled_at', 'message']);
  const byId = prepare(held.where('id', '=', slot('id')));
  const byEither = prepare(
    held
      .where((where) =>
        where.or([where('id', '=', slot('id')), where('schedule', '=', slot('schedule'))]),
      )
      .orderBy((order) => order('id', '=', slot('id')), 'desc')
      .limit(1),
  );
  return (event) => {
    const schedule = scheduleOf(event);
    return schedule === undefined ? byId(event) : byEither({ id: event.id, schedule });
  };
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
