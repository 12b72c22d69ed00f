import type { Database, Statement } from 'better-sqlite3';
import { CheckpointThread } from './checkpoint-thread.ts';
import { namedSqliteError } from './sqlite-error.ts';

/** Of what, and who hears of failures. */
export interface LogCheckpointsOptions {
  /** The file of the database. */
  readonly file: string;
  readonly report: (error: Error) => void;
}

/** How far the log is, in pages. */
interface LogState {
  readonly log: number;
  readonly checkpointed: number;
}

/** So many pages that are in the log alone are worth carrying over to the database. */
const ENOUGH_PAGES = 2_000;
/** From here on (24 MB) writers wait until the log can begin anew: while they write it only grows. */
const MOST_PAGES = 6_000;
/** When SQLite is to do it by itself: seldom and long keeps the event loop less than often and short. */
const PAGES_WITHOUT_THREAD = 4_000;

/** Carries the log over to the database beside the event loop, which SQLite would keep for tens of milliseconds. */
export class LogCheckpoints {
  readonly #database: Database;
  readonly #report: (error: Error) => void;
  readonly #look: Statement<[], LogState>;
  #thread: CheckpointThread | undefined;
  /** Never rejects. */
  #running: Promise<void> | undefined;
  /** How far the log was at the last try; somebody who reads may hold up what comes after. */
  #triedAt = 0;
  #restartsAt = MOST_PAGES;

  constructor(database: Database, { file, report }: LogCheckpointsOptions) {
    this.#database = database;
    this.#report = report;
    this.#thread = new CheckpointThread(file);
    this.#look = database.prepare('pragma wal_checkpoint(NOOP)');
    database.pragma('wal_autocheckpoint = 0');
  }

  /** Called before a transaction, which waits for what it returns: room in the log. */
  makeRoom(): Promise<void> | undefined {
    if (!this.#thread) return undefined;
    const state = this.#state();
    if (!state) return undefined;
    const { log, checkpointed } = state;
    if (log < this.#triedAt) this.#triedAt = 0;
    if (log < MOST_PAGES) this.#restartsAt = MOST_PAGES;
    if (log >= this.#restartsAt && log > checkpointed) return this.#restart(log);
    if (log - Math.max(checkpointed, this.#triedAt) >= ENOUGH_PAGES) this.#copy(log);
    return undefined;
  }

  /** Resolves when no checkpoint is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async close(): Promise<void> {
    await this.#running;
    await this.#thread?.close();
    this.#thread = undefined;
  }

  #copy(log: number): void {
    if (this.#running) return;
    this.#triedAt = log;
    this.#running = this.#run('PASSIVE').finally(() => (this.#running = undefined));
  }

  async #restart(log: number): Promise<void> {
    await this.#running;
    // If somebody who reads holds it up, not again at once.
    this.#restartsAt = log + ENOUGH_PAGES;
    await this.#run('RESTART');
  }

  async #run(mode: 'PASSIVE' | 'RESTART'): Promise<void> {
    try {
      await this.#thread?.checkpoint(mode);
    } catch (thrown) {
      this.#report(namedSqliteError(thrown) as Error);
      if (this.#thread?.hasEnded) this.#goOnWithout();
    }
  }

  #goOnWithout(): void {
    this.#thread = undefined;
    this.#database.pragma(`wal_autocheckpoint = ${PAGES_WITHOUT_THREAD}`);
  }

  #state(): LogState | undefined {
    try {
      return this.#look.get();
    } catch {
      return undefined; // the transaction meets it next
    }
  }
}
