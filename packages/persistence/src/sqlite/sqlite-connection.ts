import type { Database, Statement as PreparedStatement } from 'better-sqlite3';
import type { Row, Statement, StatementOutcome, Work } from '../database/statement.ts';

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

  execute({ sql, parameters, each }: Statement): StatementOutcome {
    const prepared = this.#prepare(sql);
    if (each) {
      const unchanged: number[] = [];
      for (let index = 0; index < each.length; index++) {
        if (prepared.run(...each[index]!).changes === 0) unchanged.push(index);
      }
      return { rows: [], changes: each.length - unchanged.length, unchanged };
    }
    if (!prepared.reader) return { rows: [], changes: prepared.run(...parameters).changes };
    const rows = prepared.all(...parameters) as Row[];
    return { rows, changes: rows.length };
  }

  /** Runs steps so that all of them happen or none, inside an open transaction. */
  atomically<Result>(work: () => Work<Result>): Result {
    this.command('savepoint work');
    try {
      const result = this.#drive(work());
      this.command('release work');
      return result;
    } catch (thrown) {
      if (this.inTransaction) {
        this.command('rollback to work');
        this.command('release work');
      }
      throw thrown;
    }
  }

  /** For begin, commit and the like. */
  command(sql: string): void {
    this.#prepare(sql).run();
  }

  rollBack(): void {
    if (this.inTransaction) this.command('rollback');
  }

  #drive<Result>(work: Work<Result>): Result {
    let step = work.next();
    while (!step.done) step = work.next(this.execute(step.value));
    return step.value;
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
