import type { DialectName, Executor } from './database/driver.ts';
import type { RowValues } from './database/insert-rows.ts';
import type { Statement, Work } from './database/statement.ts';
import type { ScheduledEventInserter } from './insert-scheduled-events.ts';

interface WaitingSave {
  readonly rows: readonly RowValues[];
  readonly resolve: (refused: readonly string[]) => void;
  readonly reject: (reason: unknown) => void;
}

/** Rows written in one step. On SQLite a step keeps the event loop, some milliseconds for whoever saves so much at once. */
const STEP_ROWS: Readonly<Record<DialectName, number>> = { sqlite: 1_000, postgres: 1_024 };

/** Writes together what is saved while the write before is on its way. */
export class SaveQueue {
  readonly #stepRows: number;
  readonly #executor: Executor;
  readonly #inserter: ScheduledEventInserter;
  #waiting: WaitingSave[] = [];
  #writing = false;

  constructor(dialect: DialectName, executor: Executor, inserter: ScheduledEventInserter) {
    this.#stepRows = STEP_ROWS[dialect];
    this.#executor = executor;
    this.#inserter = inserter;
  }

  /** Resolves to the ids of those that were not inserted. */
  save(rows: readonly RowValues[]): Promise<readonly string[]> {
    if (rows.length === 0) return Promise.resolve([]);
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
        const refused = await this.#write(taken.flatMap(({ rows }) => rows));
        settle(taken, refused);
      } catch (error) {
        for (const { reject } of taken) reject(error);
      }
    }
    this.#writing = false;
  }

  async #write(rows: readonly RowValues[]): Promise<string[]> {
    const steps: Promise<readonly string[]>[] = [];
    for (let from = 0; from < rows.length; from += this.#stepRows) {
      const step = rows.length > this.#stepRows ? rows.slice(from, from + this.#stepRows) : rows;
      steps.push(this.#writeStep(this.#inserter.statements(step)));
    }
    // All have settled before anybody hears of a failure, so that nothing is written afterwards.
    const settled = await Promise.allSettled(steps);
    return settled.flatMap((step) => {
      if (step.status === 'rejected') throw step.reason;
      return step.value;
    });
  }

  async #writeStep(statements: readonly Statement[]): Promise<readonly string[]> {
    const [only, ...others] = statements;
    if (only && others.length === 0) {
      return this.#inserter.refused(only, await this.#executor.run(only));
    }
    return this.#executor.transact(() => inTurn(statements, this.#inserter));
  }
}

function* inTurn(
  statements: readonly Statement[],
  inserter: ScheduledEventInserter,
): Work<readonly string[]> {
  const refused: string[] = [];
  for (const statement of statements) refused.push(...inserter.refused(statement, yield statement));
  return refused;
}

/** Tells everybody which of their rows were refused; of several that save under one id at once the first has it. */
function settle(saves: readonly WaitingSave[], refused: readonly string[]): void {
  const left = [...refused];
  for (const { rows, resolve } of saves.toReversed()) {
    const mine: string[] = [];
    for (const [id] of left.length > 0 ? rows : []) {
      const index = left.indexOf(String(id));
      if (index >= 0) mine.push(...left.splice(index, 1));
    }
    resolve(mine);
  }
}
