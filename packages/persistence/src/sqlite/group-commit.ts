import type { Clock } from '@llmgine/core/timing';
import type { Statement, StatementOutcome, Work } from '../database/statement.ts';
import { DatabaseClosedError, DatabaseLockedError } from '../errors.ts';
import { isBusy, namedSqliteError } from './sqlite-error.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

/** How writes are gathered. */
export interface GroupCommitOptions {
  readonly clock: Clock;
  /** How long to wait for another process that is writing. */
  readonly lockTimeoutMs: number;
}

interface Job {
  readonly execute: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
  value?: unknown;
}

/** How long one transaction may keep the event loop before it commits and lets others have a turn. */
const TURN_MS = 1;
/** How often to look whether another process has finished writing. */
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 20;

/**
 * Writes what was asked for during one turn of the event loop in one transaction: everybody awaits their own write
 * being on disk, and one sync to the disk serves them all.
 */
export class GroupCommit {
  readonly #connection: SqliteConnection;
  readonly #clock: Clock;
  readonly #lockTimeoutMs: number;
  #jobs: Job[] = [];
  #working = false;
  /** Set while a transaction of the user's is open. */
  #exclusive = false;
  #waitingReads: (() => void)[] = [];
  #closed = false;

  constructor(connection: SqliteConnection, { clock, lockTimeoutMs }: GroupCommitOptions) {
    this.#connection = connection;
    this.#clock = clock;
    this.#lockTimeoutMs = lockTimeoutMs;
  }

  run(statement: Statement): Promise<StatementOutcome> {
    return this.#enqueue(() => this.#connection.execute(statement));
  }

  transact<Result>(work: () => Work<Result>): Promise<Result> {
    return this.#enqueue(() => this.#connection.atomically(work));
  }

  /** Waits its turn, then has the connection for itself until `work` has settled. */
  async exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#enqueue(() => {
      this.#exclusive = true;
    });
    try {
      await this.begin();
      return await this.#committed(work);
    } finally {
      this.#exclusive = false;
      for (const resume of this.#waitingReads.splice(0)) resume();
      this.#wake();
    }
  }

  /** Reads on the one connection; not in the middle of a user's transaction, whose rows may yet be rolled back. */
  async read(statement: Statement): Promise<StatementOutcome> {
    while (this.#exclusive) await new Promise<void>((resolve) => this.#waitingReads.push(resolve));
    if (this.#closed) throw new DatabaseClosedError();
    return this.#connection.execute(statement);
  }

  /** @throws DatabaseLockedError when another process keeps writing */
  async begin(): Promise<void> {
    const deadline = this.#clock.monotonic() + this.#lockTimeoutMs;
    for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(delayMs * 2, LAST_RETRY_MS)) {
      try {
        this.#connection.command('begin immediate');
        return;
      } catch (thrown) {
        if (!isBusy(thrown)) throw namedSqliteError(thrown);
        if (this.#clock.monotonic() >= deadline) throw new DatabaseLockedError({ cause: thrown });
      }
      // Waiting inside SQLite would stop the whole process.
      await wait(delayMs, this.#clock);
    }
  }

  /** Writes what is left, then refuses. */
  async close(): Promise<void> {
    while (this.#working || this.#jobs.length > 0) await this.#clock.yieldToIo();
    this.#closed = true;
  }

  async #committed<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work();
      this.#connection.command('commit');
      return result;
    } catch (thrown) {
      this.#connection.rollBack();
      throw namedSqliteError(thrown);
    }
  }

  #enqueue<Result>(execute: () => Result): Promise<Result> {
    if (this.#closed) return Promise.reject(new DatabaseClosedError());
    return new Promise((resolve, reject) => {
      this.#jobs.push({ execute, resolve, reject });
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#working || this.#exclusive || this.#jobs.length === 0) return;
    this.#working = true;
    void this.#workOff();
  }

  async #workOff(): Promise<void> {
    do {
      await this.#clock.yieldToIo();
      await this.#writeTurn();
    } while (this.#jobs.length > 0 && !this.#exclusive);
    this.#working = false;
    this.#wake();
  }

  async #writeTurn(): Promise<void> {
    const taken: Job[] = [];
    try {
      await this.begin();
      this.#execute(taken);
      this.#connection.command('commit');
    } catch (thrown) {
      this.#connection.rollBack();
      // Could not even begin: nobody was served, so everybody hears of it.
      const failed = taken.length > 0 ? taken : this.#jobs.splice(0);
      const error = namedSqliteError(thrown);
      for (const job of failed) job.reject(error);
      return;
    }
    for (const job of taken) job.resolve(job.value as never);
  }

  #execute(taken: Job[]): void {
    const endOfTurn = this.#clock.monotonic() + TURN_MS;
    let next = 0;
    try {
      while (next < this.#jobs.length && !this.#exclusive) {
        const job = this.#jobs[next++]!;
        try {
          job.value = job.execute();
          taken.push(job);
        } catch (thrown) {
          job.reject(namedSqliteError(thrown));
          // A full disk or the like takes the whole transaction along.
          if (!this.#connection.inTransaction) throw thrown;
        }
        if (this.#clock.monotonic() >= endOfTurn) break;
      }
    } finally {
      this.#jobs = this.#jobs.slice(next);
    }
  }
}

function wait(delayMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(resolve, delayMs);
  });
}
