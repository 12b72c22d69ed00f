import { open } from 'node:fs/promises';

/** The file of a log. */
export interface LogFile {
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the file of a log. */
export type OpenFile = (file: string, flags: string) => Promise<LogFile>;

/**
 * Syncs the write-ahead log of a database to the disk, off the event loop, which SQLite itself would keep for as long as
 * the disk takes. Nothing else is needed for a commit to last: SQLite reads back all of the log that is whole.
 */
export class LogSync {
  readonly #file: string;
  readonly #open: OpenFile;
  #handle: LogFile | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failure: Error | undefined;

  /** `file` is that of the database. */
  constructor(file: string, openFile: OpenFile = open) {
    this.#file = `${file}-wal`;
    this.#open = openFile;
  }

  /**
   * A sync has failed. The system may then have dropped what it could not write and tell of success the next time,
   * while all that follows in the log is worthless without it. So nothing counts as synced until `beginAnew`.
   */
  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }

  /** The log was carried over to the database, and emptied. */
  beginAnew(): void {
    this.#failure = undefined;
  }

  /** Resolves when everything is on disk that was committed before the call; one sync serves all who wait for it. */
  sync(): Promise<void> {
    if (!this.#running) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(), // whoever asked for that one has its failure
    );
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#next?.catch(() => {}); // they have it
    await this.#running?.catch(() => {});
    await this.#handle?.close();
    this.#handle = undefined;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    this.#running = this.#sync().finally(() => {
      if (!this.#next) this.#running = undefined;
    });
    return this.#running;
  }

  async #sync(): Promise<void> {
    if (this.#failure) throw this.#failure;
    // Locks are on other files than this: closing it takes none away.
    this.#handle ??= await this.#open(this.#file, 'r+');
    try {
      await this.#handle.datasync();
    } catch (thrown) {
      this.#failure = thrown as Error;
      throw thrown;
    }
  }
}
