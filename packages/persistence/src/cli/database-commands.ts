import { sql } from 'kysely';
import type { Driver } from '../database/driver.ts';
import { appliedMigrations, knownVersion, migrate, migrations } from '../database/migrate.ts';
import type { MigrationContext } from '../database/migration.ts';
import { statementOf } from '../database/statement.ts';
import { nowMs } from '../database/store-clock.ts';
import type { Tables } from '../database/tables.ts';

/** What a command works on. */
export interface DatabaseCommandContext extends MigrationContext {
  readonly driver: Driver;
}

/** Resolves to the exit code. */
export type DatabaseCommand = (
  context: DatabaseCommandContext,
  write: (text: string) => void,
) => Promise<number>;

/** The commands of `llmgine-db`. */
export const databaseCommands: Readonly<Record<string, DatabaseCommand>> = {
  async migrate(context, write) {
    const done = await migrate(context.driver, context);
    for (const { version, name } of done) write(`applied ${version} ${name}\n`);
    if (done.length === 0) write(`up to date at version ${knownVersion}\n`);
    return 0;
  },
  async status(context, write) {
    const applied = await appliedMigrations(context.driver, context);
    for (const line of versionLines(applied ?? [])) write(`${line}\n`);
    if (applied) for (const line of await countLines(context)) write(`${line}\n`);
    return 0;
  },
  async doctor(context, write) {
    for (const [name, fact] of Object.entries(await context.driver.describe())) {
      write(`${name}: ${fact}\n`);
    }
    const problems = await problemsOf(context);
    for (const problem of problems) write(`problem: ${problem}\n`);
    if (problems.length === 0) write('no problems found\n');
    return problems.length === 0 ? 0 : 1;
  },
};

type Applied = NonNullable<Awaited<ReturnType<typeof appliedMigrations>>>;

function versionLines(applied: Applied): string[] {
  const done = applied.map(
    ({ version, name, appliedAt }) =>
      `applied ${version} ${name} at ${new Date(appliedAt).toISOString()}`,
  );
  const pending = migrations.filter(({ version }) => version > (applied.at(-1)?.version ?? 0));
  return [...done, ...pending.map(({ version, name }) => `pending ${version} ${name}`)];
}

const counted = ['scheduled_events', 'event_log', 'dead_letters', 'streams'] as const;

async function countLines({ driver, builder }: DatabaseCommandContext): Promise<string[]> {
  const lines: string[] = [];
  for (const table of counted) {
    const count = builder.selectFrom(table).select(sql<number>`count(*)`.as('count'));
    const { rows } = await driver.read(statementOf(count));
    lines.push(`${table}: ${Number(rows[0]!['count'])}`);
  }
  return lines;
}

async function problemsOf(context: DatabaseCommandContext): Promise<string[]> {
  const { driver } = context;
  const problems: string[] = [];
  const facts = await driver.describe();
  const integrity = facts['integrity check'];
  if (integrity !== undefined && integrity !== 'ok') problems.push(`integrity: ${integrity}`);

  const version = (await appliedMigrations(driver, context))?.at(-1)?.version ?? 0;
  if (version > knownVersion)
    problems.push(`version ${version} is newer than this program's ${knownVersion}`);
  if (version < knownVersion) {
    problems.push(`at version ${version} of ${knownVersion}: run llmgine-db migrate`);
    return problems;
  }
  for (const table of [...counted, 'stream_records'] as const) {
    problems.push(...(await tableProblems(context, table)));
  }
  if (problems.length === 0) problems.push(...(await overdueProblems(context)));
  return problems;
}

async function tableProblems(
  { driver, builder }: DatabaseCommandContext,
  table: keyof Tables,
): Promise<string[]> {
  try {
    await driver.read(statementOf(builder.selectFrom(table).selectAll().limit(1)));
    return [];
  } catch (thrown) {
    return [`${table}: ${(thrown as Error).message}`];
  }
}

const OVERDUE_MS = 600_000;

async function overdueProblems({
  driver,
  builder,
  dialect,
}: DatabaseCommandContext): Promise<string[]> {
  const overdue = builder
    .selectFrom('scheduled_events')
    .select(['type', 'schedule', sql<number>`count(*)`.as('count')])
    .where('available_at', '<', sql<number>`${nowMs(dialect)} - ${sql.lit(OVERDUE_MS)}`)
    .groupBy(['type', 'schedule'])
    .orderBy('type')
    .orderBy('schedule');
  const { rows } = await driver.read(statementOf(overdue));
  return rows.map(({ count, type, schedule }) =>
    typeof schedule !== 'string'
      ? `${Number(count)} events of type '${String(type)}' have been due for more than 10 minutes: no process that knows the type runs`
      : `an occurrence of schedule '${schedule}' has been due for more than 10 minutes: no process that has the schedule runs`,
  );
}
