import type { Clock } from '@llmgine/core/timing';
import type { Statement, StatementOutcome, Work } from '../database/statement.ts';
import { DatabaseClosedError, DatabaseLockedError } from '../errors.ts';
import { AtomicSteps } from './atomic-steps.ts';
import { isBusy, namedSqliteError } from './sqlite-error.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

/** How writes are gathered. */
export interface GroupCommitOptions {
  readonly clock: Clock;
  /** How long to wait for another process that is writing. */
  readonly lockTimeoutMs: number;
  /** Resolves when what is committed is on disk. @default it is when it is committed */
  readonly sync?: (() => Promise<void>) | undefined;
  /** Called when a transaction is to begin, which waits for what it returns. */
  readonly prepareLog?: (() => Promise<void> | undefined) | undefined;
}

interface Job {
  /** Goes on until it is done (true), or until the time is over (false). */
  readonly advance: (isOver: () => boolean) => boolean;
  readonly result: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

/** How long one transaction may keep the event loop before it lets others have a turn. */
const TURN_MS = 1;
/** How long a transaction may go on over several turns, so that one sync to the disk serves many writes. */
const TRANSACTION_MS = 10;
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
  readonly #sync: GroupCommitOptions['sync'];
  readonly #prepareLog: GroupCommitOptions['prepareLog'];
  #jobs: Job[] = [];
  /** Done, and to be committed. */
  #taken: Job[] = [];
  /** When the transaction of the group was begun; undefined: none is open. */
  #begunAt: number | undefined;
  #working = false;
  /** Set while a transaction of the user's is open. */
  #exclusive = false;
  #waitingReads: (() => void)[] = [];
  /** Commits that are not on disk yet. */
  #syncing = 0;
  #closed = false;

  constructor(
    connection: SqliteConnection,
    { clock, lockTimeoutMs, sync, prepareLog }: GroupCommitOptions,
  ) {
    this.#sync = sync;
    this.#prepareLog = prepareLog;
    this.#connection = connection;
    this.#clock = clock;
    this.#lockTimeoutMs = lockTimeoutMs;
  }

  run(statement: Statement): Promise<StatementOutcome> {
    return this.#enqueueAtOnce(() => this.#connection.execute(statement));
  }

  transact<Result>(work: () => Work<Result>): Promise<Result> {
    const steps = new AtomicSteps(this.#connection, work);
    return this.#enqueue(
      (isOver) => steps.advance(isOver),
      () => steps.result,
    );
  }

  /** Waits its turn, then has the connection for itself until `work` has settled. */
  async exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#enqueueAtOnce(() => {
      this.#exclusive = true;
    });
    try {
      await this.begin();
      const result = await this.#committed(work);
      await this.#sync?.();
      return result;
    } catch (thrown) {
      throw namedSqliteError(thrown);
    } finally {
      this.#exclusive = false;
      this.#letRead();
      this.#wake();
    }
  }

  /** Reads on the one connection; not in the middle of a transaction, whose rows may yet be rolled back. */
  async read(statement: Statement): Promise<StatementOutcome> {
    while (this.#exclusive || this.#begunAt !== undefined)
      await new Promise<void>((resolve) => this.#waitingReads.push(resolve));
    if (this.#closed) throw new DatabaseClosedError();
    return this.#connection.execute(statement);
  }

  /** @throws DatabaseLockedError when another process keeps writing */
  async begin(): Promise<void> {
    const prepared = this.#prepareLog?.();
    if (prepared) await prepared;
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
    while (this.#working || this.#exclusive || this.#jobs.length > 0 || this.#syncing > 0) {
      await this.#clock.yieldToIo();
    }
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

  #enqueueAtOnce<Result>(execute: () => Result): Promise<Result> {
    let result: Result;
    const advance = (): boolean => {
      result = execute();
      return true;
    };
    return this.#enqueue(advance, () => result);
  }

  #enqueue<Result>(advance: Job['advance'], result: () => Result): Promise<Result> {
    if (this.#closed) return Promise.reject(new DatabaseClosedError());
    return new Promise((resolve, reject) => {
      this.#jobs.push({ advance, result, resolve, reject });
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
      await this.#turn();
    } while (this.#begunAt !== undefined || (this.#jobs.length > 0 && !this.#exclusive));
    this.#working = false;
    this.#wake();
  }

  async #turn(): Promise<void> {
    try {
      if (this.#begunAt === undefined) await this.begin();
      this.#begunAt ??= this.#clock.monotonic();
      if (this.#execute(this.#begunAt)) this.#commit();
    } catch (thrown) {
      this.#fail(namedSqliteError(thrown));
    }
  }

  /** False: there is more for this transaction. */
  #execute(begunAt: number): boolean {
    const endOfTurn = this.#clock.monotonic() + TURN_MS;
    const isOver = (): boolean => this.#clock.monotonic() >= endOfTurn;
    let next = 0;
    try {
      while (next < this.#jobs.length && !this.#exclusive) {
        const job = this.#jobs[next]!;
        try {
          if (!job.advance(isOver)) return false;
          next++;
          this.#taken.push(job);
        } catch (thrown) {
          next++;
          job.reject(namedSqliteError(thrown));
          // A full disk or the like takes the whole transaction along.
          if (!this.#connection.inTransaction) throw thrown;
        }
        if (isOver()) break;
      }
    } finally {
      this.#jobs = this.#jobs.slice(next);
    }
    const isLong = this.#clock.monotonic() - begunAt >= TRANSACTION_MS;
    return isLong || this.#exclusive || this.#jobs.length === 0;
  }

  #commit(): void {
    this.#connection.command('commit');
    this.#begunAt = undefined;
    const done = this.#taken.splice(0);
    if (this.#sync) void this.#resolveSynced(done, this.#sync);
    else for (const job of done) job.resolve(job.result() as never);
    this.#letRead();
  }

  /** What comes next is written meanwhile. */
  async #resolveSynced(done: readonly Job[], sync: () => Promise<void>): Promise<void> {
    this.#syncing++;
    try {
      await sync();
      for (const job of done) job.resolve(job.result() as never);
    } catch (thrown) {
      for (const job of done) job.reject(namedSqliteError(thrown));
    }
    this.#syncing--;
  }

  /** Could not even begin: nobody was served, so everybody hears of it. */
  #fail(error: unknown): void {
    this.#connection.rollBack();
    const hasBegun = this.#begunAt !== undefined;
    this.#begunAt = undefined;
    const failed = hasBegun ? this.#taken.splice(0) : this.#jobs.splice(0);
    for (const job of failed) job.reject(error);
    this.#letRead();
  }

  #letRead(): void {
    for (const resume of this.#waitingReads.splice(0)) resume();
  }
}

function wait(delayMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(resolve, delayMs);
  });
}
