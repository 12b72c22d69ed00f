import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where lines go, and how much of them is kept. */
export interface RotatingFileOptions {
  readonly directory: string;
  readonly name: string;
  /** A file that would become larger is set aside first. */
  readonly maxBytes: number;
  /** Files kept, the current one included. */
  readonly maxFiles: number;
}

/** Appends lines to a file and sets it aside when it is full: `name`, then `name.1`, the oldest last. */
export class RotatingFile {
  readonly path: string;
  readonly #options: RotatingFileOptions;
  /** The last write failed, perhaps within a line. */
  #torn = false;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
    this.path = join(options.directory, options.name);
  }

  /** The file is open only meanwhile, so that others may move it. @throws what the file system says */
  async append(lines: readonly string[]): Promise<void> {
    let size = await this.#sizeOrCreate();
    let start = 0;
    while (start < lines.length) {
      const end = this.#endOfFile(lines, start, size);
      if (end === start) {
        await this.#rotate();
        size = 0;
        continue;
      }
      size += await this.#write(lines.slice(start, end).join(''));
      start = end;
    }
  }

  /** How many lines from `start` on the file still has room for; a line larger than a file gets one to itself. */
  #endOfFile(lines: readonly string[], start: number, size: number): number {
    let bytes = size;
    let end = start;
    for (; end < lines.length; end++) {
      bytes += Buffer.byteLength(lines[end]!);
      if (bytes > this.#options.maxBytes && !(end === start && size === 0)) break;
    }
    return end;
  }

  async #write(text: string): Promise<number> {
    const file = await open(this.path, 'a');
    try {
      const bytes = Buffer.from(this.#torn ? `\n${text}` : text);
      this.#torn = true;
      await file.appendFile(bytes);
      this.#torn = false;
      return bytes.length;
    } finally {
      await file.close();
    }
  }

  async #sizeOrCreate(): Promise<number> {
    await mkdir(this.#options.directory, { recursive: true });
    return (await ignoringAbsence(stat(this.path)))?.size ?? 0;
  }

  async #rotate(): Promise<void> {
    const { maxFiles } = this.#options;
    await rm(this.#aside(maxFiles - 1), { force: true });
    for (let number = maxFiles - 2; number >= 0; number--) {
      await ignoringAbsence(rename(this.#aside(number), this.#aside(number + 1)));
    }
  }

  #aside(number: number): string {
    return number === 0 ? this.path : `${this.path}.${number}`;
  }
}

async function ignoringAbsence<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
