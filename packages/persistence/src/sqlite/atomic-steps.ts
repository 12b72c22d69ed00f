import type { Statement, StatementOutcome, Work } from '../database/statement.ts';

/** A connection with an open transaction, as far as steps need it. */
export interface OpenConnection {
  /** False: a failure has ended the transaction. */
  readonly inTransaction: boolean;
  execute(statement: Statement): StatementOutcome;
  command(sql: string): void;
}

/** Steps that all happen or none, inside an open transaction; they may be taken over several turns of the event loop. */
export class AtomicSteps<Result> {
  readonly #connection: OpenConnection;
  readonly #work: () => Work<Result>;
  #running: Work<Result> | undefined;
  /** What it asked for last, and has not got yet. */
  #next: IteratorResult<Statement, Result> | undefined;
  #result: Result | undefined;

  constructor(connection: OpenConnection, work: () => Work<Result>) {
    this.#connection = connection;
    this.#work = work;
  }

  /** What came out, once `advance` has told that it is done. */
  get result(): Result {
    return this.#result as Result;
  }

  /** Goes on until all is done (true), or until the time is over (false). */
  advance(isOver: () => boolean): boolean {
    if (!this.#running) this.#connection.command('savepoint work');
    try {
      return this.#step(isOver);
    } catch (thrown) {
      this.#undo();
      throw thrown;
    }
  }

  #step(isOver: () => boolean): boolean {
    const connection = this.#connection;
    const running = (this.#running ??= this.#work());
    let step = this.#next;
    for (step ??= running.next(); !step.done;) {
      step = running.next(connection.execute(step.value));
      if (step.done || !isOver()) continue;
      this.#next = step;
      return false;
    }
    this.#result = step.value;
    connection.command('release work');
    return true;
  }

  #undo(): void {
    if (!this.#connection.inTransaction) return;
    this.#connection.command('rollback to work');
    this.#connection.command('release work');
  }
}
