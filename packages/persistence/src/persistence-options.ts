import { InvalidOptionsError, type SignalHub } from '@llmgine/core';
import type { Clock } from '@llmgine/core/timing';
import { parseDatabaseUrl, type DatabaseAddress } from './database-url.ts';
import { UnsupportedDatabaseUrlError } from './errors.ts';
import type { EventLogOptions, OnStoreFailure } from './event-log-options.ts';

/** How to open persistence; everything has a default. */
export interface PersistenceOptions {
  /**
   * `sqlite:///path/to/file.db`, `sqlite:///:memory:` or `postgresql://user@host/database`.
   * @default LLMGINE_DB_URL, or 'sqlite:///./message_bus.db'
   */
  readonly url?: string | undefined;
  /**
   * The PostgreSQL schema that holds the tables; on SQLite the prefix of their names. Small letters, digits and `_`.
   * @default LLMGINE_DB_SCHEMA, or 'message_bus'
   */
  readonly schema?: string | undefined;
  /**
   * Logs accepted events.
   * @default what LLMGINE_PERSIST_EVENTS says, or false
   */
  readonly persistEvents?: boolean | undefined;
  /** What the event log takes and keeps. */
  readonly eventLog?: EventLogOptions | undefined;
  /**
   * While the database fails: `degrade` drops log rows when the buffer is full and refuses other writes at once;
   * `stop` makes callers wait for `waitMs`, then fails.
   * @default 'degrade'
   */
  readonly onStoreFailure?: OnStoreFailure | undefined;
  /**
   * How long callers wait under `stop` for the database to come back.
   * @default 30000
   */
  readonly waitMs?: number | undefined;
  /**
   * How long to wait for another process that holds a lock.
   * @default 5000
   */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * How hard SQLite syncs to the disk: `FULL` survives a loss of power, `NORMAL` may then lose the last moments.
   * @default 'FULL'
   */
  readonly synchronous?: 'FULL' | 'NORMAL' | undefined;
  /**
   * Connections to PostgreSQL, besides the one that listens.
   * @default 5
   */
  readonly maxConnections?: number | undefined;
  /**
   * The largest message or record, as JSON.
   * @default 1048576
   */
  readonly maxMessageBytes?: number | undefined;
  /**
   * Brings the tables up to date when opening; false: refuses a database that is not.
   * @default true
   */
  readonly migrate?: boolean | undefined;
  /** Hears of failures; `busOptions()` hands it to the bus. @default a hub of its own */
  readonly signals?: SignalHub | undefined;
  /** For waits and intervals; instants come from the store's own clock. @default systemClock */
  readonly clock?: Clock | undefined;
}

/** Options that were checked. */
export interface CheckedOptions {
  readonly address: DatabaseAddress;
  readonly schema: string;
}

/** Where the database is when nobody says. */
const DEFAULT_URL = 'sqlite:///./message_bus.db';
/** What the tables belong to when nobody says. */
const DEFAULT_SCHEMA = 'message_bus';

const SCHEMA_FORM = /^[a-z_][a-z0-9_]{0,62}$/;
/** Names that the databases keep for themselves. */
const RESERVED = { postgres: /^pg_/, sqlite: /^sqlite$|^sqlite_/ } as const;

/** @throws InvalidOptionsError, UnsupportedDatabaseUrlError */
export function checkOptions(options: PersistenceOptions): CheckedOptions {
  const problems: string[] = [];
  const schema = options.schema ?? DEFAULT_SCHEMA;
  if (!SCHEMA_FORM.test(schema)) {
    problems.push(
      `schema must be 1 to 63 small letters, digits and _, not beginning with a digit, got ${JSON.stringify(schema)}`,
    );
  }
  const url: unknown = options.url ?? DEFAULT_URL;
  if (typeof url !== 'string')
    problems.push(`url must be a text, got a value of type ${typeof url}`);
  const address = readAddress(typeof url === 'string' ? url : DEFAULT_URL);
  if (!(address instanceof Error) && RESERVED[address.dialect].test(schema)) {
    problems.push(`schema '${schema}' begins with what the database keeps for itself`);
  }
  problems.push(...choiceProblems(options), ...numberProblems(options));
  if (problems.length > 0) {
    if (address instanceof Error) problems.unshift(address.message);
    throw new InvalidOptionsError('open persistence', problems);
  }
  if (address instanceof Error) throw address;
  return { address, schema };
}

function readAddress(url: string): DatabaseAddress | UnsupportedDatabaseUrlError {
  try {
    return parseDatabaseUrl(url);
  } catch (thrown) {
    if (thrown instanceof UnsupportedDatabaseUrlError) return thrown;
    throw thrown;
  }
}

function* choiceProblems({ onStoreFailure, synchronous }: PersistenceOptions): Generator<string> {
  if (onStoreFailure !== undefined && !['degrade', 'stop'].includes(onStoreFailure)) {
    yield `onStoreFailure must be 'degrade' or 'stop', got '${onStoreFailure}'`;
  }
  if (synchronous !== undefined && !['FULL', 'NORMAL'].includes(synchronous)) {
    yield `synchronous must be 'FULL' or 'NORMAL', got '${synchronous}'`;
  }
}

function* numberProblems(options: PersistenceOptions): Generator<string> {
  const { waitMs, lockTimeoutMs, maxConnections, maxMessageBytes, eventLog = {} } = options;
  const durations = {
    waitMs,
    lockTimeoutMs,
    'eventLog.writeDelayMs': eventLog.writeDelayMs,
    'eventLog.maxAgeMs': eventLog.maxAgeMs,
  };
  for (const [name, value] of Object.entries(durations)) {
    if (value !== undefined && !(value >= 0))
      yield `${name} must be zero or more milliseconds, got ${String(value)}`;
  }
  const counts = {
    maxConnections,
    maxMessageBytes,
    'eventLog.bufferSize': eventLog.bufferSize,
    'eventLog.maxCount': eventLog.maxCount,
  };
  for (const [name, value] of Object.entries(counts)) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      yield `${name} must be a whole number from 1, got ${String(value)}`;
  }
}
