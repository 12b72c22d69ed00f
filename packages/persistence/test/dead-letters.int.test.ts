import { defineCommand, sessionId, typeOnly } from '@llmgine/core';
import type { DeadLetterEntry } from '@llmgine/core/stores';
import { describe, expect, it } from 'vitest';
import { databases, openForTest } from './support/databases.ts';

const Ask = defineCommand('ask', { data: typeOnly<{ readonly text: string }>() });
const Tell = defineCommand('tell', { data: typeOnly<object>() });

function entry(id: string, changes: Partial<DeadLetterEntry> = {}): DeadLetterEntry {
  return {
    id,
    message: Ask({ text: id }, { id, createdAt: 50 }),
    error: { name: 'Error', message: 'no' },
    attempts: 3,
    firstAttemptAt: 100,
    lastAttemptAt: 200,
    reason: 'exhausted',
    redrives: 0,
    status: 'waiting',
    ...changes,
  };
}

describe.each(databases)('deadLetters on $name', (database) => {
  it('gives back whole entries in the order they came (9.4)', async () => {
    const { deadLetters } = await openForTest(database.create());
    const entries = ['c', 'a', 'b'].map((id) => entry(id));

    for (const each of entries) await deadLetters.add(each);

    expect(await deadLetters.list()).toEqual(entries);
    expect(await deadLetters.list({ offset: 1, limit: 1 })).toEqual([entries[1]]);
  });

  it('filters by type, session and time (9.4)', async () => {
    const { deadLetters } = await openForTest(database.create());
    await deadLetters.add(entry('a'));
    await deadLetters.add(entry('b', { message: Tell({}, { sessionId: sessionId('s') }) }));
    await deadLetters.add(entry('c', { lastAttemptAt: 900 }));

    const ids = async (filter: object) => (await deadLetters.list(filter)).map(({ id }) => id);
    expect(await ids({ type: 'tell' })).toEqual(['b']);
    expect(await ids({ sessionId: sessionId('s') })).toEqual(['b']);
    expect(await ids({ since: 900 })).toEqual(['c']);
    expect(await deadLetters.count({ type: 'ask' })).toBe(2);
  });

  it('gives an entry to one who claims it (9.4)', async () => {
    const { deadLetters } = await openForTest(database.create());
    await deadLetters.add(entry('a'));

    const claims = await Promise.all([1, 2, 3].map(() => deadLetters.claim('a', 60_000)));

    expect(claims.filter((claim) => claim !== undefined)).toEqual([
      entry('a', { status: 'claimed' }),
    ]);
    expect(await deadLetters.claim('never', 1)).toBeUndefined();
  });

  it('lets a claim lapse that was not settled', async () => {
    const { deadLetters } = await openForTest(database.create());
    await deadLetters.add(entry('a'));
    await deadLetters.claim('a', 0);
    await new Promise((resolve) => setTimeout(resolve, 2));

    expect((await deadLetters.list({ status: 'waiting' })).map(({ status }) => status)).toEqual([
      'waiting',
    ]);
    expect(await deadLetters.claim('a', 60_000)).toBeDefined();
  });

  it('settles a claim: removed, resolved, or back with its history (9.4)', async () => {
    const { deadLetters } = await openForTest(database.create());
    for (const id of ['a', 'b', 'c']) await deadLetters.add(entry(id));
    for (const id of ['a', 'b', 'c']) await deadLetters.claim(id, 60_000);

    await deadLetters.settle('a', 'removed');
    await deadLetters.settle('b', 'resolved');
    await deadLetters.settle('c', entry('c', { redrives: 1, attempts: 6 }));

    expect(await deadLetters.list()).toEqual([entry('c', { redrives: 1, attempts: 6 })]);
    expect((await deadLetters.list({ status: 'resolved' })).map(({ id }) => id)).toEqual(['b']);
  });

  it('discards one and purges what matches (9.4)', async () => {
    const { deadLetters } = await openForTest(database.create());
    await deadLetters.add(entry('a'));
    await deadLetters.add(entry('b', { message: Tell({}) }));
    await deadLetters.add(entry('c'));

    expect([await deadLetters.discard('a'), await deadLetters.discard('a')]).toEqual([true, false]);
    expect(await deadLetters.purge({ type: 'tell' })).toBe(1);
    expect(await deadLetters.purge()).toBe(1);
    expect(await deadLetters.count()).toBe(0);
  });
});
