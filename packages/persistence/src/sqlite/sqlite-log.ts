import type { Database } from 'better-sqlite3';
import { DatabaseLockedError } from '../errors.ts';
import { LogCheckpoints } from './log-checkpoints.ts';
import { LogSync, type OpenFile } from './log-sync.ts';

/** How the log is kept. */
export interface SqliteLogOptions {
  /** Who awaits a commit waits for the disk. */
  readonly syncs: boolean;
  /** Hears of checkpoints that failed. */
  readonly report: (error: Error) => void;
  /** @default that of Node.js */
  readonly openFile?: OpenFile | undefined;
}

/** The write-ahead log of a database: what SQLite would do with it on the event loop is done beside it. */
export class SqliteLog {
  readonly #database: Database;
  readonly #options: SqliteLogOptions;
  #sync: LogSync | undefined;
  #checkpoints: LogCheckpoints | undefined;

  constructor(database: Database, options: SqliteLogOptions) {
    this.#database = database;
    this.#options = options;
  }

  /** Takes over from SQLite, which syncs in each commit until then, as it must for any other kind of journal. */
  start(): void {
    const database = this.#database;
    if (database.pragma('journal_mode', { simple: true }) !== 'wal') return;
    database.pragma('synchronous = NORMAL');
    const file = fileOf(database);
    this.#checkpoints = new LogCheckpoints(database, { file, report: this.#options.report });
    if (this.#options.syncs) this.#sync = new LogSync(file, this.#options.openFile);
  }

  /** Resolves when what is committed is on disk, or, if it does not sync, at once. */
  sync(): Promise<void> {
    return this.#sync?.sync() ?? Promise.resolve();
  }

  /**
   * Called before a transaction, which waits for what it returns.
   * @throws after a failed sync, when the log cannot be emptied
   */
  prepare(): Promise<void> | undefined {
    if (this.#sync?.hasFailed) return this.#beginAnew(this.#sync);
    return this.#checkpoints?.makeRoom();
  }

  async close(): Promise<void> {
    await this.#sync?.close();
    await this.#checkpoints?.close();
  }

  async #beginAnew(sync: LogSync): Promise<void> {
    await this.#checkpoints?.idle();
    try {
      this.#empty();
    } catch {
      this.#empty(); // the first time SQLite may hear of the very same failure
    }
    sync.beginAnew();
  }

  #empty(): void {
    const [state] = this.#database.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    if (state?.busy !== 0) throw new DatabaseLockedError();
  }
}

/** As SQLite has resolved it. */
function fileOf(database: Database): string {
  const [main] = database.pragma('database_list') as { file: string }[];
  return main!.file; // every connection has one
}
