import { BUS_SCOPE, defineCommand, sessionId, typeOnly, type SessionId } from '@llmgine/core';
import type { DeadLetterEntry, DeadLetterStore } from '@llmgine/core/stores';
import { describe, expect, it } from 'vitest';
import { openForTest, type UnderTest } from './under-test.ts';

/** An empty store, and a way to move its time. */
export interface DeadLetterStoreUnderTest extends UnderTest {
  readonly store: DeadLetterStore;
  /** Lets at least so much of the store's time pass. */
  advance(durationMs: number): Promise<void> | void;
}

type Open = () => DeadLetterStoreUnderTest | Promise<DeadLetterStoreUnderTest>;

/** Facts that hold for every store of dead letters. */
export function describeDeadLetterStoreContract(name: string, open: Open): void {
  describe(`DeadLetterStore: ${name}`, () => {
    describeKeeping(open);
    describeQueries(open);
    describeClaims(open);
    describeRemoving(open);
  });
}

const Ask = defineCommand('contract.ask', { data: typeOnly<{ readonly text: string }>() });
const Tell = defineCommand('contract.tell', { data: typeOnly<{ readonly text: string }>() });

interface EntryOptions {
  readonly sessionId?: SessionId;
  readonly lastAttemptAt?: number;
  readonly definition?: typeof Ask | typeof Tell;
}

function anEntry(
  id: string,
  { sessionId = BUS_SCOPE, lastAttemptAt = 2_000, definition = Ask }: EntryOptions = {},
): DeadLetterEntry {
  return {
    id,
    message: definition({ text: `text of ${id}` }, { id, sessionId, metadata: { trace: id } }),
    error: { name: 'Error', message: 'down', code: 'E_DOWN', cause: { name: 'A', message: 'b' } },
    attempts: 4,
    firstAttemptAt: 1_000,
    lastAttemptAt,
    reason: 'exhausted',
    redrives: 0,
    status: 'waiting',
  };
}

function ids(entries: readonly DeadLetterEntry[]): string[] {
  return entries.map(({ id }) => id);
}

function describeKeeping(open: Open): void {
  it('keeps the whole entry', async () => {
    const { store } = await openForTest(open);
    const ofHandler = { ...anEntry('e:logger'), handler: 'logger' };

    await store.add(anEntry('a'));
    await store.add(ofHandler);

    const [first, second] = await store.list();
    expect(first).toEqual({ ...anEntry('a'), message: first?.message });
    expect(first?.message).toMatchObject({
      id: 'a',
      data: { text: 'text of a' },
      metadata: { trace: 'a' },
    });
    expect(second).toMatchObject({ id: 'e:logger', handler: 'logger' });
  });

  it('replaces an entry of the same id in its place', async () => {
    const { store } = await openForTest(open);
    for (const id of ['a', 'b']) await store.add(anEntry(id));

    await store.add({ ...anEntry('a'), attempts: 9 });

    const entries = await store.list();
    expect(ids(entries)).toEqual(['a', 'b']);
    expect(entries[0]?.attempts).toBe(9);
  });
}

function describeQueries(open: Open): void {
  it('lists in the order they came, in pages', async () => {
    const { store } = await openForTest(open);
    for (const id of ['c', 'a', 'd', 'b']) await store.add(anEntry(id));

    expect(ids(await store.list())).toEqual(['c', 'a', 'd', 'b']);
    expect(ids(await store.list({ limit: 2 }))).toEqual(['c', 'a']);
    expect(ids(await store.list({ offset: 3 }))).toEqual(['b']);
    expect(ids(await store.list({ offset: 1, limit: 2 }))).toEqual(['a', 'd']);
    expect(ids(await store.list({ limit: 0 }))).toEqual([]);
  });

  it('finds by type, session, time of the last attempt, and all together', async () => {
    const { store } = await openForTest(open);
    const alice = sessionId('alice');
    await store.add(anEntry('a', { lastAttemptAt: 1_000 }));
    await store.add(anEntry('b', { sessionId: alice }));
    await store.add(anEntry('c', { definition: Tell, sessionId: alice, lastAttemptAt: 3_000 }));

    expect(ids(await store.list({ type: 'contract.ask' }))).toEqual(['a', 'b']);
    expect(ids(await store.list({ sessionId: alice }))).toEqual(['b', 'c']);
    expect(ids(await store.list({ since: 2_000 }))).toEqual(['b', 'c']);
    expect(
      ids(await store.list({ type: 'contract.tell', sessionId: alice, since: 3_000 })),
    ).toEqual(['c']);
    expect(await store.count({ sessionId: alice })).toBe(2);
    expect(await store.count()).toBe(3);
  });
}

function describeClaims(open: Open): void {
  it('gives a waiting entry to one caller only', async () => {
    const { store } = await openForTest(open);
    await store.add(anEntry('a'));

    const claims = await Promise.all([1, 2, 3].map(() => store.claim('a', 60_000)));

    const given = claims.filter((claim) => claim !== undefined);
    expect(given).toHaveLength(1);
    expect(given[0]).toMatchObject({ id: 'a', status: 'claimed', attempts: 4 });
    expect(ids(await store.list({ status: 'claimed' }))).toEqual(['a']);
    expect(ids(await store.list())).toEqual(['a']);
  });

  it('has nothing to give for an unknown id', async () => {
    const { store } = await openForTest(open);

    expect(await store.claim('never', 1_000)).toBeUndefined();
  });

  it('lets a claim lapse that nobody settled', async () => {
    const { store, advance } = await openForTest(open);
    await store.add(anEntry('a'));
    await store.claim('a', 50);

    await advance(60);

    expect(await store.count({ status: 'waiting' })).toBe(1);
    expect(await store.claim('a', 50)).toMatchObject({ id: 'a' });
  });

  it('ends a claim by removing the entry', async () => {
    const { store } = await openForTest(open);
    await store.add(anEntry('a'));
    await store.claim('a', 60_000);

    await store.settle('a', 'removed');
    await store.settle('a', 'removed');

    expect(await store.count()).toBe(0);
  });

  it('ends a claim by keeping the entry as resolved, out of the way', async () => {
    const { store } = await openForTest(open);
    await store.add(anEntry('a'));
    await store.claim('a', 60_000);

    await store.settle('a', 'resolved');

    expect(await store.list()).toEqual([]);
    expect(ids(await store.list({ status: 'resolved' }))).toEqual(['a']);
    expect(await store.claim('a', 1_000)).toBeUndefined();
  });

  it('ends a claim by putting the entry back in its place, with its history', async () => {
    const { store } = await openForTest(open);
    for (const id of ['a', 'b']) await store.add(anEntry(id));
    const claimed = await store.claim('a', 60_000);

    await store.settle('a', { ...claimed!, status: 'waiting', attempts: 8, redrives: 1 });

    const entries = await store.list({ status: 'waiting' });
    expect(ids(entries)).toEqual(['a', 'b']);
    expect(entries[0]).toMatchObject({ attempts: 8, redrives: 1 });
  });
}

function describeRemoving(open: Open): void {
  it('discards one entry and says whether there was one', async () => {
    const { store } = await openForTest(open);
    await store.add(anEntry('a'));

    expect([await store.discard('a'), await store.discard('a')]).toEqual([true, false]);
  });

  it('purges what matches and says how many that were', async () => {
    const { store } = await openForTest(open);
    await store.add(anEntry('a'));
    await store.add(anEntry('b', { definition: Tell }));

    expect(await store.purge({ type: 'contract.tell' })).toBe(1);
    expect(ids(await store.list())).toEqual(['a']);
  });

  it('purges everything, resolved entries too, when not told which', async () => {
    const { store } = await openForTest(open);
    for (const id of ['a', 'b']) await store.add(anEntry(id));
    await store.claim('a', 60_000);
    await store.settle('a', 'resolved');

    expect(await store.purge()).toBe(2);
    expect(await store.list({ status: 'resolved' })).toEqual([]);
  });
}
