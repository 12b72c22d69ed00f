import { mkdir, open, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { NotJsonSafeError, StreamConflictError } from '@llmgine/core';
import type { StreamStore } from '@llmgine/core/stores';
import { DamagedStreamError } from './errors.ts';

/** Where streams are kept. */
export interface FileStreamStoreOptions {
  /** Made when the first stream is written. */
  readonly directory: string;
}

interface LoadedStream {
  /** Records in the file, in whole lines. */
  version: number;
  /** Bytes of those lines. */
  size: number;
}

const ENDING = '.jsonl';

/**
 * Keeps each stream in a file of JSON lines, for one process at a time.
 * An append is on disk when it resolves; a line that a crash cut off is dropped when the stream is next written.
 */
export function createFileStreamStore({ directory }: FileStreamStoreOptions): StreamStore {
  const loaded = new Map<string, LoadedStream>();
  const turns = new Map<string, Promise<unknown>>();

  return {
    append: (stream, expectedVersion, records) =>
      inTurn(stream, () => append(stream, expectedVersion, records)),
    read,
    list,
    delete: (stream) =>
      inTurn(stream, async () => {
        loaded.delete(stream);
        await rm(fileOf(stream), { force: true });
      }),
  };

  async function append(
    stream: string,
    expectedVersion: number | undefined,
    records: readonly unknown[],
  ): Promise<number> {
    const state = loaded.get(stream) ?? (await load(stream));
    if (expectedVersion !== undefined && state.version !== expectedVersion) {
      throw new StreamConflictError(stream, expectedVersion, state.version);
    }
    if (records.length === 0) return state.version;
    const text = records.map((record) => `${encode(stream, record)}\n`).join('');
    loaded.delete(stream); // unknown until the write is known to be whole
    await writeDurably(fileOf(stream), text);
    const written = {
      version: state.version + records.length,
      size: state.size + Buffer.byteLength(text),
    };
    loaded.set(stream, written);
    return written.version;
  }

  /** Cuts off what a crash left of a line, so that the next one begins where it should. */
  async function load(stream: string): Promise<LoadedStream> {
    await mkdir(directory, { recursive: true });
    const bytes = await readOrEmpty(fileOf(stream));
    const size = bytes.lastIndexOf(0x0a) + 1;
    if (size < bytes.length) await truncate(fileOf(stream), size);
    let version = 0;
    for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) version += 1;
    return { version, size };
  }

  async function* read(
    stream: string,
    { from = 0 }: { readonly from?: number } = {},
  ): AsyncGenerator<unknown> {
    await turns.get(stream)?.catch(() => {});
    const file = fileOf(stream);
    const text = (await readOrEmpty(file)).toString('utf8');
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    for (let line = from; line < lines.length - 1; line++)
      yield decode(file, lines[line]!, line + 1);
  }

  async function* list(prefix = ''): AsyncGenerator<string> {
    const names = await readdir(directory).catch(() => []);
    const streams = names
      .filter((name) => name.endsWith(ENDING))
      .map((name) => decodeURIComponent(name.slice(0, -ENDING.length)))
      .filter((stream) => stream.startsWith(prefix));
    const dated = await Promise.all(
      streams.map(async (stream) => ({ stream, at: (await stat(fileOf(stream))).mtimeMs })),
    );
    for (const { stream } of dated.toSorted((a, b) => b.at - a.at)) yield stream;
  }

  /** Appends to one stream go one after another. */
  async function inTurn<T>(stream: string, work: () => Promise<T>): Promise<T> {
    const before = turns.get(stream) ?? Promise.resolve();
    const turn = before.then(work, work);
    turns.set(stream, turn);
    try {
      return await turn;
    } finally {
      if (turns.get(stream) === turn) turns.delete(stream);
    }
  }

  function fileOf(stream: string): string {
    return join(
      directory,
      `${encodeURIComponent(stream).replaceAll('.', '%2E').replaceAll('*', '%2A')}${ENDING}`,
    );
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

function encode(stream: string, record: unknown): string {
  const text = JSON.stringify(record);
  if (text === undefined) throw new NotJsonSafeError(`A record of '${stream}'`, '', 'is not JSON');
  return text;
}

function decode(file: string, line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new DamagedStreamError(file, number, { cause });
  }
}
