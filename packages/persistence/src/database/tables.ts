import type { Generated } from 'kysely';

/** Events that wait for their time. */
interface ScheduledEventsTable {
  /** The order of saving. */
  readonly seq: Generated<number>;
  readonly id: string;
  readonly type: string;
  /** Epoch milliseconds. */
  readonly scheduled_at: number;
  /** When it may be claimed: `scheduled_at`, or, while it is claimed, when the lease lapses. */
  readonly available_at: number;
  /** 1 while somebody holds a lease, also a lapsed one. */
  readonly claimed: Generated<number>;
  /** Fencing epoch of the last claim. */
  readonly epoch: Generated<number>;
  /** The whole event as JSON. */
  readonly message: string;
  /** The recurring schedule it is an occurrence of; null: a single event. Unique. */
  readonly schedule: string | null;
}

/** Accepted events, in order. */
interface EventLogTable {
  readonly seq: Generated<number>;
  readonly created_at: number;
  readonly session_id: string;
  readonly type: string;
  readonly correlation_id: string;
  /** The whole event as JSON. */
  readonly message: string;
}

/** Messages that were given up on. */
interface DeadLettersTable {
  readonly seq: Generated<number>;
  readonly id: string;
  readonly type: string;
  readonly session_id: string;
  readonly last_attempt_at: number;
  readonly status: string;
  /** Epoch milliseconds; what a claim holds until. */
  readonly lease_until: Generated<number>;
  /** The whole entry as JSON. */
  readonly entry: string;
}

/** One row a stream. */
interface StreamsTable {
  readonly stream: string;
  /** How many records it has. */
  readonly version: number;
  /** Grows with every append to any stream. */
  readonly touched: number;
}

/** The records of streams. */
interface StreamRecordsTable {
  readonly stream: string;
  /** Position in the stream, from 0. */
  readonly position: number;
  readonly record: string;
}

/** Which migrations were applied. */
interface SchemaVersionsTable {
  readonly version: number;
  readonly name: string;
  readonly applied_at: number;
}

/** Everything that persistence keeps. */
export interface Tables {
  readonly scheduled_events: ScheduledEventsTable;
  readonly event_log: EventLogTable;
  readonly dead_letters: DeadLettersTable;
  readonly streams: StreamsTable;
  readonly stream_records: StreamRecordsTable;
  readonly schema_versions: SchemaVersionsTable;
}

/** The names of our tables, before a schema or prefix is put in front. */
export const tableNames: ReadonlySet<string> = new Set<keyof Tables>([
  'scheduled_events',
  'event_log',
  'dead_letters',
  'streams',
  'stream_records',
  'schema_versions',
]);
