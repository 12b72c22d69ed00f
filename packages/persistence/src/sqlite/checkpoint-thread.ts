import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/** `PASSIVE` copies what it can, `RESTART` everything, so that the log begins anew. */
export type CheckpointMode = 'PASSIVE' | 'RESTART';

interface Answer {
  readonly failure?: { readonly message: string; readonly code: string };
}

/**
 * What the thread runs. A text, so that it needs no file of its own, which bundlers would leave behind. It waits for
 * others inside SQLite, which stops this thread only.
 */
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
const Database = require(workerData.driver);
const database = new Database(workerData.file, { fileMustExist: true, timeout: 200 });
database.pragma('synchronous = NORMAL');
parentPort.on('message', (mode) => {
  if (mode === 'close') {
    database.close();
    parentPort.close();
    return;
  }
  try {
    database.pragma('wal_checkpoint(' + mode + ')');
    parentPort.postMessage({});
  } catch ({ message, code }) {
    parentPort.postMessage({ failure: { message, code } });
  }
});
`;

/** A thread with its own connection; it is made when it is first needed, and keeps no process alive while it has nothing to do. */
export class CheckpointThread {
  readonly #file: string;
  #worker: Worker | undefined;
  #endedBy: unknown;
  #settle: ((failure?: unknown) => void) | undefined;

  /** `file` is that of the database. */
  constructor(file: string) {
    this.#file = file;
  }

  /** It failed as a whole: there will be no further checkpoint. */
  get hasEnded(): boolean {
    return this.#endedBy !== undefined;
  }

  /** One at a time. Rejects with what SQLite threw, or with what ended the thread. */
  checkpoint(mode: CheckpointMode): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = (failure) => {
        this.#settle = undefined;
        this.#worker?.unref();
        if (failure === undefined) resolve();
        else reject(failure);
      };
      if (this.hasEnded) this.#settle(this.#endedBy);
      else this.#tell(mode);
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (!worker || this.hasEnded) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    worker.ref(); // whoever closes waits for it
    worker.postMessage('close', []);
    await exited;
  }

  #tell(mode: CheckpointMode): void {
    try {
      this.#worker ??= this.#start();
      this.#worker.ref();
      this.#worker.postMessage(mode, []);
    } catch (thrown) {
      this.#end(thrown);
    }
  }

  #start(): Worker {
    const driver = createRequire(import.meta.url).resolve('better-sqlite3');
    const workerData = { driver, file: this.#file };
    const worker = new Worker(PROGRAM, { eval: true, name: 'llmgine-checkpoints', workerData });
    worker.on('message', ({ failure }: Answer) => {
      this.#settle?.(failure && Object.assign(new Error(failure.message), { code: failure.code }));
    });
    worker.on('error', (error) => this.#end(error));
    worker.on('exit', () => this.#end(new Error('The thread for checkpoints has ended.')));
    return worker;
  }

  #end(reason: unknown): void {
    this.#endedBy ??= reason;
    this.#settle?.(reason);
  }
}
