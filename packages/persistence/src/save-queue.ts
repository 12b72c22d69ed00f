import type { DialectName, Executor } from './database/driver.ts';
import type { RowValues } from './database/insert-rows.ts';
import type { Statement, Work } from './database/statement.ts';

interface WaitingSave {
  readonly rows: readonly RowValues[];
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Rows written in one step. On SQLite a step keeps the event loop, some milliseconds for whoever saves so much at once. */
const STEP_ROWS: Readonly<Record<DialectName, number>> = { sqlite: 1_000, postgres: 1_024 };

/** Writes together what is saved while the write before is on its way. */
export class SaveQueue {
  readonly #stepRows: number;
  readonly #executor: Executor;
  readonly #insert: (rows: readonly RowValues[]) => readonly Statement[];
  #waiting: WaitingSave[] = [];
  #writing = false;

  constructor(
    dialect: DialectName,
    executor: Executor,
    insert: (rows: readonly RowValues[]) => readonly Statement[],
  ) {
    this.#stepRows = STEP_ROWS[dialect];
    this.#executor = executor;
    this.#insert = insert;
  }

  save(rows: readonly RowValues[]): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ rows, resolve, reject });
      if (!this.#writing) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    // What is saved in the same breath goes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0);
      try {
        await this.#write(taken.flatMap(({ rows }) => rows));
        for (const { resolve } of taken) resolve();
      } catch (error) {
        for (const { reject } of taken) reject(error);
      }
    }
    this.#writing = false;
  }

  async #write(rows: readonly RowValues[]): Promise<void> {
    const steps: Promise<unknown>[] = [];
    for (let from = 0; from < rows.length; from += this.#stepRows) {
      steps.push(this.#writeStep(this.#insert(rows.slice(from, from + this.#stepRows))));
    }
    // All have settled before anybody hears of a failure, so that nothing is written afterwards.
    const failed = (await Promise.allSettled(steps)).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
  }

  #writeStep(statements: readonly Statement[]): Promise<unknown> {
    const [only, ...others] = statements;
    if (only && others.length === 0) return this.#executor.run(only);
    return this.#executor.transact(() => inTurn(statements));
  }
}

function* inTurn(statements: readonly Statement[]): Work<void> {
  for (const statement of statements) yield statement;
}
