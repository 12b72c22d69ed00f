import { open, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { StreamConflictError } from '@llmgine/core';
import { toJsonText, type StreamStore } from '@llmgine/core/stores';
import { DamagedStreamError } from './errors.ts';
import { makeDirectory } from './make-directory.ts';

/** Where streams are kept. */
export interface FileStreamStoreOptions {
  /** Made when the first stream is written. */
  readonly directory: string;
}

const ENDING = '.jsonl';
const NEWLINE = 0x0a;

/**
 * Keeps each stream in a file of JSON lines, for one process at a time.
 * An append is on disk when it resolves; a line that a crash cut off is dropped when the stream is next written.
 */
export function createFileStreamStore({ directory }: FileStreamStoreOptions): StreamStore {
  return new FileStreamStore(directory);
}

class FileStreamStore implements StreamStore {
  readonly #directory: string;
  readonly #versions = new Map<string, number>();
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  append(
    stream: string,
    expectedVersion: number | undefined,
    records: readonly unknown[],
  ): Promise<number> {
    return this.#inTurn(stream, async () => {
      const version = this.#versions.get(stream) ?? (await this.#load(stream));
      if (expectedVersion !== undefined && version !== expectedVersion) {
        throw new StreamConflictError(stream, expectedVersion, version);
      }
      const text = records
        .map((record) => `${toJsonText(`A record of stream '${stream}'`, record)}\n`)
        .join('');
      if (text === '') return version;
      this.#versions.delete(stream); // unknown until the write is known to be whole
      await writeDurably(this.#fileOf(stream), text);
      this.#versions.set(stream, version + records.length);
      return version + records.length;
    });
  }

  async *read(stream: string, { from = 0 }: { readonly from?: number } = {}): AsyncGenerator {
    await this.#turns.get(stream)?.catch(() => {});
    const file = this.#fileOf(stream);
    const text = (await readOrEmpty(file)).toString('utf8');
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    for (let line = from; line < lines.length - 1; line++) {
      yield decode(file, lines[line]!, line + 1);
    }
  }

  async *list(prefix = ''): AsyncGenerator<string> {
    const names = await namesIn(this.#directory);
    const streams = names.flatMap(streamOf).filter((stream) => stream.startsWith(prefix));
    // A file's time is coarse; what was appended from here is in order.
    const order = new Map([...this.#versions.keys()].map((stream, place) => [stream, place]));
    const dated = await Promise.all(
      streams.map(async (stream) => ({
        stream,
        at: await changedAt(this.#fileOf(stream)),
        place: order.get(stream) ?? -1,
      })),
    );
    dated.sort((a, b) => b.at - a.at || b.place - a.place);
    for (const { stream, at } of dated) if (at !== DELETED) yield stream;
  }

  delete(stream: string): Promise<void> {
    return this.#inTurn(stream, async () => {
      this.#versions.delete(stream);
      await rm(this.#fileOf(stream), { force: true });
    });
  }

  /** Cuts off what a crash left of a line, so that the next one begins where it should. */
  async #load(stream: string): Promise<number> {
    await makeDirectory(this.#directory);
    const bytes = await readOrEmpty(this.#fileOf(stream));
    const size = bytes.lastIndexOf(NEWLINE) + 1;
    if (size < bytes.length) await truncate(this.#fileOf(stream), size);
    let version = 0;
    for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) {
      version += 1;
    }
    return version;
  }

  /** Writes to one stream go one after another. */
  async #inTurn<T>(stream: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(stream) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#turns.set(stream, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(stream) === turn) this.#turns.delete(stream);
    }
  }

  #fileOf(stream: string): string {
    const name = encodeURIComponent(stream).replaceAll('.', '%2E').replaceAll('*', '%2A');
    return join(this.#directory, `${name}${ENDING}`);
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'a');
  try {
    await handle.appendFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function readOrEmpty(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw thrown;
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw thrown;
  }
}

/** Nothing for a file that is none of ours. */
function streamOf(name: string): string[] {
  if (!name.endsWith(ENDING)) return [];
  try {
    return [decodeURIComponent(name.slice(0, -ENDING.length))];
  } catch {
    return [];
  }
}

/** Somebody else deletes while we list. */
const DELETED = 0;

async function changedAt(file: string): Promise<number> {
  const { mtimeMs } = (await stat(file).catch(() => undefined)) ?? { mtimeMs: DELETED };
  return mtimeMs;
}

function decode(file: string, line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new DamagedStreamError(file, number, { cause });
  }
}
