import { open, type FileHandle } from 'node:fs/promises';

/**
 * Syncs the write-ahead log of a database to the disk, off the event loop, which SQLite itself would keep for as long as
 * the disk takes. Nothing else is needed for a commit to last: SQLite reads back all of the log that is whole.
 */
export class LogSync {
  readonly #file: string;
  #handle: FileHandle | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** `file` is that of the database. */
  constructor(file: string) {
    this.#file = `${file}-wal`;
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
    // Locks are on other files than this: closing it takes none away.
    this.#handle ??= await open(this.#file, 'r+');
    await this.#handle.datasync();
  }
}
