import { readdir } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { LogRecord } from '../records/log-record.ts';
import { isRecord } from './is-record.ts';

/** What is longer is no line of a log, and must not fill the memory. */
const MAX_LINE_CHARACTERS = 32 * 1024 * 1024;

/**
 * Splits what comes in into lines. The last one, without an end, is given when nothing more comes. Lines too long to
 * be records are left out.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  let isTooLong = false;
  for await (const chunk of chunks) {
    const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    lines[0] = rest + lines[0]!; // splitting gives at least one
    rest = lines.pop()!;
    if (lines.length > 0) {
      yield* isTooLong ? lines.slice(1) : lines;
      isTooLong = false;
    }
    if (rest.length > MAX_LINE_CHARACTERS) isTooLong = true;
    if (isTooLong) rest = '';
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
