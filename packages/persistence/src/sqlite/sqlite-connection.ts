import type { Database, Statement as PreparedStatement } from 'better-sqlite3';
import type { Row, Statement, StatementOutcome, Work } from '../database/statement.ts';
import { AtomicSteps } from './atomic-steps.ts';

/** One connection to an SQLite database, with its prepared statements. Everything on it is synchronous. */
export class SqliteConnection {
  readonly database: Database;
  readonly #prepared = new Map<string, PreparedStatement>();

  constructor(database: Database) {
    this.database = database;
  }

  /** A transaction is open, and was not ended by a failure. */
  get inTransaction(): boolean {
    return this.database.inTransaction;
  }

  execute({ sql, parameters, each, rowsEach = 1 }: Statement): StatementOutcome {
    const prepared = this.#prepare(sql);
    if (each) {
      const fellShort: number[] = [];
      let changes = 0;
      for (let index = 0; index < each.length; index++) {
        const changed = prepared.run(...each[index]!).changes;
        if (changed < rowsEach) fellShort.push(index);
        changes += changed;
      }
      return { rows: [], changes, fellShort };
    }
    if (!prepared.reader) return { rows: [], changes: prepared.run(...parameters).changes };
    const rows = prepared.all(...parameters) as Row[];
    return { rows, changes: rows.length };
  }

  /** Runs steps so that all of them happen or none, inside an open transaction. */
  atomically<Result>(work: () => Work<Result>): Result {
    const steps = new AtomicSteps(this, work);
    steps.advance(() => false);
    return steps.result;
  }

  /** For begin, commit and the like. */
  command(sql: string): void {
    this.#prepare(sql).run();
  }

  rollBack(): void {
    if (this.inTransaction) this.command('rollback');
  }

  #prepare(sql: string): PreparedStatement {
    let prepared = this.#prepared.get(sql);
    if (!prepared) {
      prepared = this.database.prepare(sql);
      this.#prepared.set(sql, prepared);
    }
    return prepared;
  }
}
