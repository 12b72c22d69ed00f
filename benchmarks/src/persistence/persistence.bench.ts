import type { BenchmarkCase } from '../case.ts';
import { installedVersion } from '../installed-version.ts';
import { measureCases } from '../measure.ts';
import type { Fact, Row } from '../row.ts';
import { measureFacts } from './persistence-facts.ts';

const sqlite = 'better-sqlite3';
const sqliteVersion = installedVersion('better-sqlite3');
const pgVersion = installedVersion('pg');
const kyselyVersion = installedVersion('kysely');

/** What keeping things costs. */
export const cases: readonly BenchmarkCase[] = [
  {
    name: 'logged event on SQLite, until on disk',
    subjects: [
      {
        name: 'llmgine',
        role: 'us',
        prepare: async () => (await import('./subjects/sqlite.ts')).eventLog(),
      },
      {
        name: `${sqlite}, prepared, 1000 a transaction`,
        role: 'limit',
        version: sqliteVersion,
        prepare: async () => (await import('./subjects/sqlite.ts')).preparedInsert(),
      },
      {
        name: 'kysely, 1000 rows an insert',
        version: kyselyVersion,
        prepare: async () => (await import('./subjects/sqlite.ts')).kyselyManyRows(),
      },
    ],
  },
  {
    name: 'awaited durable publish, 100 at once',
    subjects: [
      {
        name: 'llmgine on SQLite',
        role: 'us',
        prepare: async () => (await import('./subjects/sqlite.ts')).heldByAHundred(),
      },
      {
        name: `${sqlite}, a transaction each`,
        version: sqliteVersion,
        prepare: async () => (await import('./subjects/sqlite.ts')).aTransactionEach(),
      },
      {
        name: 'llmgine on PostgreSQL',
        prepare: async () => (await import('./subjects/postgres.ts')).heldByAHundred(),
      },
      {
        name: 'a pool of pg',
        version: pgVersion,
        prepare: async () => (await import('./subjects/postgres.ts')).poolOfRows(),
      },
    ],
  },
  {
    name: 'logged event on PostgreSQL, until on disk',
    subjects: [
      {
        name: 'llmgine',
        role: 'us',
        prepare: async () => (await import('./subjects/postgres.ts')).eventLog(),
      },
      {
        name: 'pg, prepared, 250 rows',
        role: 'limit',
        version: pgVersion,
        prepare: async () => (await import('./subjects/postgres.ts')).preparedRows(250),
      },
      {
        name: 'pg, prepared, 1000 rows',
        version: pgVersion,
        prepare: async () => (await import('./subjects/postgres.ts')).preparedRows(1_000),
      },
      {
        name: 'pg, unnest, 1000 rows',
        version: pgVersion,
        prepare: async () => (await import('./subjects/postgres.ts')).unnestedColumns(),
      },
      {
        name: 'kysely, 1000 rows',
        version: kyselyVersion,
        prepare: async () => (await import('./subjects/postgres.ts')).kyselyManyRows(),
      },
    ],
  },
  {
    name: '100,000 scheduled events: saved, restarted, all in hand',
    subjects: [
      {
        name: 'llmgine',
        role: 'us',
        prepare: async () => (await import('./subjects/restart.ts')).persistence(),
      },
      {
        name: 'one JSON file',
        role: 'limit',
        prepare: async () => (await import('./subjects/restart.ts')).jsonFile(),
      },
    ],
  },
];

/** Starts a PostgreSQL that syncs to the disk, unless one is given. */
export async function rows(): Promise<Row[]> {
  const measured = { area: 'persistence', module: import.meta.url };
  if (process.env['BENCHMARK_POSTGRES_URL']) return measureCases({ ...measured, cases });
  const file = new URL(
    '../../../packages/persistence/test/support/postgres-server.ts',
    import.meta.url,
  );
  const { PostgresServer } = (await import(file.href)) as ServerModule;
  const server = await PostgresServer.create({ fsync: 'on' });
  process.env['BENCHMARK_POSTGRES_URL'] = server.url;
  try {
    return await measureCases({ ...measured, cases });
  } finally {
    delete process.env['BENCHMARK_POSTGRES_URL'];
    await server.remove();
  }
}

interface ServerModule {
  readonly PostgresServer: {
    create(options: { fsync: 'on' }): Promise<{ readonly url: string; remove(): Promise<void> }>;
  };
}

/** Facts of this area. */
export function facts(): Promise<Fact[]> {
  return measureFacts();
}
