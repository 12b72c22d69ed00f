import type { Kysely } from 'kysely';
import type { Statement, StatementOutcome, Work } from './statement.ts';

/** The databases that persistence knows. */
export type DialectName = 'sqlite' | 'postgres';

/**
 * What an awaited write survives: `full` a loss of power, `normal` a crash of the process (after a loss of power the
 * last moments may be missing), `memory` nothing, `server` what the PostgreSQL server is set up for.
 */
export type Durability = 'full' | 'normal' | 'memory' | 'server';

/** Runs statements. */
export interface Executor {
  /** Writes with one statement that may be repeated without harm; on disk when it resolves. */
  run(statement: Statement): Promise<StatementOutcome>;
  /** The same with a statement whose outcome would be another the second time. */
  runOnce(statement: Statement): Promise<StatementOutcome>;
  /** Writes with several statements in one transaction; on disk when it resolves. */
  transact<Result>(work: () => Work<Result>): Promise<Result>;
  read(statement: Statement): Promise<StatementOutcome>;
}

/** An open transaction. */
export interface OpenTransaction {
  readonly executor: Executor;
  /** For rows of the caller's own. */
  readonly database: Kysely<unknown>;
}

/** A connected database. */
export interface Driver extends Executor {
  readonly dialect: DialectName;
  readonly durability: Durability;
  /** Runs work in a transaction of its own: committed when it resolves, rolled back when it rejects. */
  transaction<Result>(work: (open: OpenTransaction) => Promise<Result>): Promise<Result>;
  /** Calls back when another process may have written something that falls due earlier. */
  onOtherWrites(wake: () => void): Disposable;
  /** Facts for `doctor`. */
  describe(): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}
