import { toError, type Clock } from '@llmgine/core';
import { toLogLine } from '../records/log-line.ts';
import type { RotatingFile } from './rotating-file.ts';

/** How lines are written. */
export interface LineWriterOptions {
  readonly file: Pick<RotatingFile, 'append'>;
  readonly maxBufferedBytes: number;
  readonly clock: Clock;
  readonly onFailure: (error: Error) => void;
}

/** After a failure nobody tries again sooner: a full disk does not become empty by being asked. */
const RETRY_AFTER_MS = 1_000;

/** Buffers lines and writes them in batches, one batch after another; while that fails, holds a bounded number. */
export class LineWriter {
  lost = 0;
  readonly #options: LineWriterOptions;
  #lines: string[] = [];
  #bufferedBytes = 0;
  #writing: Promise<void> | undefined;
  /** Lost and not yet told of in the file. */
  #untold = 0;
  #failedAt: number | undefined;

  constructor(options: LineWriterOptions) {
    this.#options = options;
  }

  push(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#bufferedBytes + bytes > this.#options.maxBufferedBytes) {
      this.lost += 1;
      this.#untold += 1;
    } else {
      this.#lines.push(line);
      this.#bufferedBytes += bytes;
    }
    if (!this.#writing && this.#mayTry()) void this.#write().catch(() => {}); // told of by onFailure
  }

  /** @throws what the file system says, when lines remain unwritten */
  async flush(): Promise<void> {
    await this.#writing?.catch(() => {});
    if (this.#lines.length > 0 || this.#untold > 0) await this.#write();
  }

  #mayTry(): boolean {
    if (this.#failedAt === undefined) return true;
    return this.#options.clock.monotonic() - this.#failedAt >= RETRY_AFTER_MS;
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    const { file, clock } = this.#options;
    await clock.yieldToIo(); // what is reported in one turn is written at once
    while (this.#lines.length > 0 || this.#untold > 0) {
      const batch = this.#takeBatch();
      try {
        await file.append(batch.lines);
      } catch (thrown) {
        this.#putBack(batch);
        throw this.#failed(thrown);
      }
      this.#failedAt = undefined;
    }
  }

  #takeBatch(): { lines: string[]; told: number } {
    const lines = this.#lines;
    const told = this.#untold;
    this.#lines = [];
    this.#bufferedBytes = 0;
    this.#untold = 0;
    if (told === 0) return { lines, told };
    const time = new Date(this.#options.clock.now()).toISOString();
    return {
      lines: [...lines, toLogLine({ time, level: 'warn', signal: 'log.lost', lost: told })],
      told,
    };
  }

  /** Part of a batch may have been written: a line twice is better than a line lost. */
  #putBack({ lines, told }: { lines: string[]; told: number }): void {
    const kept = told === 0 ? lines : lines.slice(0, -1);
    this.#untold += told;
    this.#lines = [...kept, ...this.#lines];
    this.#bufferedBytes = this.#lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
  }

  #failed(thrown: unknown): Error {
    const error = toError(thrown);
    const isFirst = this.#failedAt === undefined;
    this.#failedAt = this.#options.clock.monotonic();
    if (isFirst) this.#options.onFailure(error);
    return error;
  }
}
