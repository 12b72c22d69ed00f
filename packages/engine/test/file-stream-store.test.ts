import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStreamStoreContract } from '@llmgine/testing/contracts';
import { afterAll, describe, expect, it } from 'vitest';
import { createFileStreamStore } from '../src/index.ts';

const root = mkdtempSync(join(tmpdir(), 'llmgine-streams-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let made = 0;
const newDirectory = (): string => join(root, String((made += 1)));

async function allOf(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const value of values) all.push(value);
  return all;
}

describeStreamStoreContract('files', async () => ({
  store: createFileStreamStore({ directory: newDirectory() }),
  close: async () => {},
}));

describe('createFileStreamStore', () => {
  it('makes its directory, and those above it', async () => {
    const directory = join(newDirectory(), 'deep', 'deeper');
    const stores = [1, 2].map(() => createFileStreamStore({ directory }));

    await Promise.all(stores.map((store, index) => store.append(`s${index}`, 0, ['a'])));

    expect(await allOf(stores[0]!.list())).toHaveLength(2);
  });

  it('drops a line that a crash cut off when the stream is next written', async () => {
    const directory = newDirectory();
    await createFileStreamStore({ directory }).append('s', 0, ['a', 'b']);
    appendFileSync(join(directory, 's.jsonl'), '"cut o');
    const store = createFileStreamStore({ directory });

    expect(await allOf(store.read('s'))).toEqual(['a', 'b']);
    expect(await store.append('s', 2, ['c'])).toBe(3);
    expect(await allOf(store.read('s'))).toEqual(['a', 'b', 'c']);
  });

  it('names the file and line of what is no JSON', async () => {
    const directory = newDirectory();
    await createFileStreamStore({ directory }).append('s', 0, ['a']);
    appendFileSync(join(directory, 's.jsonl'), 'garbage\n');

    await expect(allOf(createFileStreamStore({ directory }).read('s'))).rejects.toThrow(
      /s\.jsonl.*damaged in line 2/,
    );
  });

  it('refuses a directory that cannot be made, instead of trying for ever', async () => {
    const file = newDirectory();
    writeFileSync(file, '');

    for (const directory of [
      join(file, 'deep'),
      ...(existsSync('/proc') ? ['/proc/no/such'] : []),
    ]) {
      await expect(createFileStreamStore({ directory }).append('s', 0, ['a'])).rejects.toThrow(
        /^E\w+: /,
      );
    }
  });

  it('lists no files of others', async () => {
    const directory = newDirectory();
    const store = createFileStreamStore({ directory });
    await store.append('s', 0, ['a']);
    for (const name of ['100%.jsonl', 's.lock']) writeFileSync(join(directory, name), '');

    expect(await allOf(store.list())).toEqual(['s']);
  });

  it('lists nothing where its directory is not there yet, and throws where it cannot be read', async () => {
    const file = newDirectory();
    writeFileSync(file, '');

    expect(await allOf(createFileStreamStore({ directory: newDirectory() }).list())).toEqual([]);
    await expect(allOf(createFileStreamStore({ directory: file }).list())).rejects.toThrow(
      'ENOTDIR',
    );
  });
});
