import { sleep, systemClock, type Clock } from '@llmgine/core/timing';
import { Kysely, PostgresDialect } from 'kysely';
import { Pool, types, type PoolClient, type PoolConfig } from 'pg';
import type { Driver, Executor, OpenTransaction } from '../database/driver.ts';
import type { Row, Statement, StatementOutcome, Work } from '../database/statement.ts';
import { DatabaseClosedError, DatabaseUnreachableError } from '../errors.ts';
import { Listener } from './listener.ts';
import { namedPostgresError } from './postgres-error.ts';

/** How to connect to PostgreSQL. */
export interface PostgresOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly connectionString: string;
  /** The channel on which processes tell each other of earlier events. */
  readonly channel: string;
  /** @default 5 */
  readonly maxConnections?: number | undefined;
  /**
   * How long to wait for a connection, and for a lock.
   * @default 5000
   */
  readonly lockTimeoutMs?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/** How long to ask, after a broken commit, whether it was done. */
const ASK_COMMITTED_MS = 5_000;
const ASK_INTERVAL_MS = 100;

/**
 * Connects to PostgreSQL; lost connections are made anew when they are needed.
 * @throws DatabaseUnreachableError, DatabaseAccessDeniedError
 */
export async function connectPostgres(options: PostgresOptions): Promise<Driver> {
  const config = poolConfig(options);
  const clock = options.clock ?? systemClock;
  const pool = new Pool(config);
  pool.on('error', () => {}); // an idle connection was lost: the next query makes a new one
  const listener = new Listener({ config, channel: options.channel, clock });
  const client = await connected(pool).catch(async (thrown: unknown) => {
    await pool.end();
    throw thrown;
  });
  client.release();

  return {
    dialect: 'postgres',
    durability: 'server',
    run: (statement) => query(pool, statement),
    runOnce: (statement) => query(pool, statement),
    read: (statement) => query(pool, statement),
    transact: (work) =>
      inTransaction({ pool, clock }, async (session) => await drive(session, work())),
    transaction: (work) =>
      inTransaction({ pool, clock }, (session) => work(openTransaction(session))),
    onOtherWrites: (wake) => listener.add(wake),
    describe: () => describe(pool),
    async close() {
      await listener.close();
      await pool.end();
    },
  };
}

function poolConfig({
  connectionString,
  maxConnections = 5,
  lockTimeoutMs = 5_000,
}: PostgresOptions): PoolConfig {
  return {
    connectionString,
    max: maxConnections,
    connectionTimeoutMillis: lockTimeoutMs,
    lock_timeout: lockTimeoutMs,
    query_timeout: 60_000,
    keepAlive: true,
    application_name: 'llmgine',
    types: { getTypeParser: parserOf },
  };
}

/** Whole numbers of 64 bits: ours stay below 2^53. */
function parserOf(...type: Parameters<typeof types.getTypeParser>): unknown {
  return type[0] === types.builtins.INT8 ? Number : types.getTypeParser(...type);
}

/** @throws DatabaseUnreachableError, DatabaseAccessDeniedError, DatabaseClosedError */
async function connected(pool: Pool): Promise<PoolClient> {
  if (pool.ending) throw new DatabaseClosedError();
  try {
    const client = await pool.connect();
    if (client.listenerCount('error') < 2) client.on('error', () => {}); // the query in flight rejects
    return client;
  } catch (thrown) {
    throw namedPostgresError(thrown, 'not-done');
  }
}

async function query(pool: Pool, statement: Statement): Promise<StatementOutcome> {
  const client = await connected(pool);
  let broken: Error | undefined;
  try {
    return await send(client, statement);
  } catch (thrown) {
    const error = namedPostgresError(thrown);
    if (error instanceof DatabaseUnreachableError) broken = error;
    throw error;
  } finally {
    client.release(broken);
  }
}

const names = new Map<string, string>();

/** Under a name a connection keeps a statement prepared; there are few different ones. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `llmgine_${names.size}`;
    names.set(text, name);
  }
  return name;
}

async function send(client: PoolClient, statement: Statement): Promise<StatementOutcome> {
  const { sql, parameters, isFrequent } = statement;
  const { rows, rowCount } = await client.query<Row>({
    text: sql,
    values: parameters as unknown[],
    ...(isFrequent && { name: nameOf(sql) }),
  });
  return { rows, changes: rowCount ?? 0 };
}

interface Connecting {
  readonly pool: Pool;
  readonly clock: Clock;
}

async function inTransaction<Result>(
  { pool, clock }: Connecting,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await connected(pool);
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    const id = await transactionId(client);
    const lost = await commit(client);
    if (!lost) return result;
    broken = lost;
    const fate = id === undefined ? 'committed' : await fateOf(id, pool, clock);
    if (fate === 'committed') return result;
    throw fate === 'aborted' ? new DatabaseUnreachableError({ cause: lost.cause }) : lost;
  } catch (thrown) {
    const error = namedPostgresError(thrown, 'not-done');
    if (error instanceof DatabaseUnreachableError) broken ??= error;
    else await client.query('rollback').catch((cause: Error) => (broken = cause));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Undefined: nothing was written. */
async function transactionId(client: PoolClient): Promise<string | undefined> {
  const { rows } = await client.query('select pg_current_xact_id_if_assigned()::text as id');
  return (rows as { id: string | null }[])[0]?.id ?? undefined;
}

/** Resolves to an error when the connection broke before the answer came. */
async function commit(client: PoolClient): Promise<DatabaseUnreachableError | undefined> {
  try {
    await client.query('commit');
    return undefined;
  } catch (thrown) {
    const error = namedPostgresError(thrown, 'unknown');
    if (error instanceof DatabaseUnreachableError) return error;
    throw error;
  }
}

/** Asks the server, as soon as it can be reached again, what became of a transaction whose commit was not answered. */
async function fateOf(
  id: string,
  pool: Pool,
  clock: Clock,
): Promise<'committed' | 'aborted' | undefined> {
  const deadline = clock.monotonic() + ASK_COMMITTED_MS;
  const statement = { sql: 'select pg_xact_status($1::xid8) as status', parameters: [id] };
  while (clock.monotonic() < deadline) {
    try {
      const { rows } = await query(pool, statement);
      const status = rows[0]?.['status'];
      if (status === 'committed' || status === 'aborted') return status;
    } catch (thrown) {
      if (!(thrown instanceof DatabaseUnreachableError)) throw thrown;
    }
    await sleep(ASK_INTERVAL_MS, { clock });
  }
  return undefined;
}

async function drive<Result>(client: PoolClient, work: Work<Result>): Promise<Result> {
  let step = work.next();
  while (!step.done) step = work.next(await send(client, step.value));
  return step.value;
}

function openTransaction(client: PoolClient): OpenTransaction {
  const executor: Executor = {
    run: (statement) => named(send(client, statement)),
    runOnce: (statement) => named(send(client, statement)),
    read: (statement) => named(send(client, statement)),
    transact: (work) => named(inSavepoint(client, work)),
  };
  // A pool of the one connection on which the transaction is open.
  const lent = { query: client.query.bind(client), release: () => {} };
  const pool = { connect: async () => lent, end: async () => {} };
  return {
    executor,
    database: new Kysely({ dialect: new PostgresDialect({ pool: pool as never }) }),
  };
}

async function inSavepoint<Result>(client: PoolClient, work: () => Work<Result>): Promise<Result> {
  await client.query('savepoint work');
  try {
    const result = await drive(client, work());
    await client.query('release work');
    return result;
  } catch (thrown) {
    await client.query('rollback to work').catch(() => {}); // what failed first is what counts
    throw thrown;
  }
}

async function named<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (thrown) {
    throw namedPostgresError(thrown, 'not-done');
  }
}

async function describe(pool: Pool): Promise<Record<string, string>> {
  const facts = await query(pool, {
    sql: `select current_setting('server_version') as version, current_setting('synchronous_commit') as synchronous_commit, current_setting('fsync') as fsync`,
    parameters: [],
  });
  const row = facts.rows[0]!;
  return {
    'PostgreSQL version': String(row['version']),
    synchronous_commit: String(row['synchronous_commit']),
    fsync: String(row['fsync']),
  };
}
