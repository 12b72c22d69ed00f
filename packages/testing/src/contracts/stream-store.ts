import { NotJsonSafeError, StreamConflictError } from '@llmgine/core';
import type { StreamStore } from '@llmgine/core/stores';
import { describe, expect, it } from 'vitest';
import { collect, openForTest, type UnderTest } from './under-test.ts';

/** An empty store. */
export interface StreamStoreUnderTest extends UnderTest {
  readonly store: StreamStore;
}

/** Facts that hold for every store of streams. */
export function describeStreamStoreContract(
  name: string,
  open: () => StreamStoreUnderTest | Promise<StreamStoreUnderTest>,
): void {
  describe(`StreamStore: ${name}`, () => {
    describeAppending(open);
    describeReading(open);
  });
}

type Open = Parameters<typeof describeStreamStoreContract>[1];

function describeAppending(open: Open): void {
  it('appends where the stream is expected to be and tells where it is then', async () => {
    const { store } = await openForTest(open);

    const versions = [await store.append('s', 0, ['a', 'b']), await store.append('s', 2, ['c'])];

    expect(versions).toEqual([2, 3]);
    expect(await collect(store.read('s'))).toEqual(['a', 'b', 'c']);
  });

  it('refuses to append where somebody else was first, and then appends nothing', async () => {
    const { store } = await openForTest(open);
    await store.append('s', 0, ['a']);

    const refused = store.append('s', 0, ['b']);

    await expect(refused).rejects.toThrow(StreamConflictError);
    await expect(refused).rejects.toMatchObject({ expectedVersion: 0, actualVersion: 1 });
    expect(await collect(store.read('s'))).toEqual(['a']);
  });

  it('lets one of several win that append at once', async () => {
    const { store } = await openForTest(open);

    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c', 'd'].map((record) => store.append('s', 0, [record])),
    );

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await collect(store.read('s'))).toHaveLength(1);
  });

  it('appends in the order of calls where no version is expected', async () => {
    const { store } = await openForTest(open);

    await Promise.all([1, 2, 3, 4].map((record) => store.append('s', undefined, [record])));

    expect(await collect(store.read('s'))).toEqual([1, 2, 3, 4]);
  });

  it('tells the version when it is given nothing to append', async () => {
    const { store } = await openForTest(open);
    await store.append('s', 0, ['a']);

    expect(await store.append('s', 1, [])).toBe(1);
  });

  it('keeps a copy, as JSON', async () => {
    const { store } = await openForTest(open);
    const record = { list: [1], text: '\u0000 " \u{1f600}' };
    await store.append('s', 0, [record]);
    record.list.push(2);

    expect(await collect(store.read('s'))).toEqual([{ list: [1], text: '\u0000 " \u{1f600}' }]);
  });

  it('refuses what JSON would change', async () => {
    const { store } = await openForTest(open);

    await expect(store.append('s', 0, ['fine', new Date(0)])).rejects.toThrow(NotJsonSafeError);
    expect(await collect(store.read('s'))).toEqual([]);
  });
}

function describeReading(open: Open): void {
  it('reads an unknown stream as empty', async () => {
    const { store } = await openForTest(open);

    expect(await collect(store.read('never'))).toEqual([]);
  });

  it('reads from a version on', async () => {
    const { store } = await openForTest(open);
    await store.append('s', 0, ['a', 'b', 'c']);

    expect(await collect(store.read('s', { from: 1 }))).toEqual(['b', 'c']);
  });

  it('lists streams by prefix, the most recently appended first', async () => {
    const { store } = await openForTest(open);
    await store.append('run/1', 0, ['a']);
    await store.append('run/2', 0, ['a']);
    await store.append('chat/%_', 0, ['a']);
    await store.append('run/1', 1, ['b']);

    expect(await collect(store.list('run/'))).toEqual(['run/1', 'run/2']);
    expect(await collect(store.list())).toEqual(['run/1', 'chat/%_', 'run/2']);
    expect(await collect(store.list('%'))).toEqual([]);
    expect(await collect(store.list('RUN/'))).toEqual([]);
  });

  it('removes a stream; a new one of its name begins at zero', async () => {
    const { store } = await openForTest(open);
    await store.append('s', 0, ['old']);
    await store.append('other', 0, ['stays']);

    await store.delete('s');
    await store.delete('never');

    expect(await store.append('s', 0, ['new'])).toBe(1);
    expect(await collect(store.read('s'))).toEqual(['new']);
    expect(await collect(store.read('other'))).toEqual(['stays']);
  });
}
