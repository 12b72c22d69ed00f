import { readdir } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { LogRecord } from '../records/log-record.ts';

/** Splits what comes in into lines. The last one, without an end, is given when nothing more comes. */
export async function* linesOf(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** The record in a line; undefined when there is none, as in a line that a full disk has torn. */
export function parseRecord(line: string): LogRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is LogRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { time, signal, level } = value as Partial<LogRecord>;
  return (
    typeof signal === 'string' &&
    typeof level === 'string' &&
    !Number.isNaN(Date.parse(String(time)))
  );
}

/** The lines of a file and of those that were set aside when it was full, oldest first. `-` reads `stdin`. */
export async function* readLines(file: string, stdin: Readable): AsyncGenerator<string> {
  if (file === '-') {
    yield* linesOf(stdin);
    return;
  }
  for (const path of [...(await setAside(file)), file]) yield* linesOf(createReadStream(path));
}

/** Files that were rotated out of the way, oldest first. */
async function setAside(file: string): Promise<string[]> {
  const name = basename(file);
  const directory = dirname(file);
  const names = await readdir(directory).catch((): string[] => []); // reading the file itself tells why
  return names
    .map((each) => ({ each, number: Number(each.slice(name.length + 1)) }))
    .filter(
      ({ each, number }) => each.startsWith(`${name}.`) && Number.isInteger(number) && number > 0,
    )
    .toSorted((a, b) => b.number - a.number)
    .map(({ each }) => join(directory, each));
}
