import { sessionId } from '@llmgine/core';
import { describe, expect, it } from 'vitest';
import {
  LEASE_MS,
  opened,
  type OpenScheduledEventStore as Open,
} from './open-scheduled-event-store.ts';
import { describeFencing, describeRecurring, describeRefusing } from './scheduled-event-claims.ts';
import { collect, Reminder, Stranger, texts } from './under-test.ts';

/** Facts that hold for every store of scheduled events. */
export function describeScheduledEventStoreContract(name: string, open: Open): void {
  describe(`ScheduledEventStore: ${name}`, () => {
    describeHolding(open);
    describeClaiming(open);
    describeFencing(open);
    describeChanging(open);
    describeRecurring(open);
    describeRefusing(open);
  });
}

function describeHolding(open: Open): void {
  it('gives back the whole event as it was saved (5.3)', async () => {
    const { store, start, claim } = await opened(open);
    const saved = Reminder(
      { text: 'tea "\u0000\u{1f600}' },
      {
        scheduledAt: start - 1,
        sessionId: sessionId('s'),
        correlationId: 'c',
        metadata: { a: [1, { b: null }] },
      },
    );

    await store.save([saved]);

    expect((await claim()).map(({ event }) => event)).toEqual([saved]);
  });

  it('claims what is due and nothing else', async () => {
    const { store, reminder, claim, advance } = await opened(open);
    await store.save([reminder('later', 5_000), reminder('now', 0)]);

    const first = texts(await claim());
    await advance(5_000);

    expect([first, texts(await claim())]).toEqual([['now'], ['later']]);
  });

  it('claims in order of the instant, then of saving (5.1)', async () => {
    const { store, reminder, claim } = await opened(open);
    await store.save([reminder('third', -1), reminder('first', -5)]);
    await store.save([reminder('fourth', -1), reminder('second', -4)]);

    expect(texts(await claim())).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('claims no more than was asked for', async () => {
    const { store, reminder, claim } = await opened(open);
    await store.save([reminder('a', -3), reminder('b', -2), reminder('c', -1)]);

    expect([texts(await claim(2)), texts(await claim(2)), texts(await claim(2))]).toEqual([
      ['a', 'b'],
      ['c'],
      [],
    ]);
  });

  it('keeps what it has under an id that is saved again', async () => {
    const { store, reminder, claim } = await opened(open);
    await store.save([reminder('first', -2, 'id')]);
    await store.save([reminder('second', -1, 'id'), reminder('other', -1)]);

    expect(texts(await claim())).toEqual(['first', 'other']);
  });

  it('tells what it has instead of what was not saved', async () => {
    const { store, reminder, start } = await opened(open);
    await store.save([reminder('first', 60_000, 'id')]);
    await store.reschedule('id', start + 30_000);

    const instead = await store.save([
      reminder('new', 1_000, 'new'),
      reminder('second', 90_000, 'id'),
    ]);

    expect([...instead]).toEqual([['id', { id: 'id', scheduledAt: start + 30_000 }]]);
  });

  it('has nothing instead when it saved all, whoever saved at the same time', async () => {
    const { store, reminder } = await opened(open);

    const saved = await Promise.all(
      ['a', 'b', 'a'].map((id, index) => store.save([reminder(String(index), 1_000, id)])),
    );

    expect(saved.map((instead) => [...instead.keys()])).toEqual([[], [], ['a']]);
  });

  it('says how long it is until the next event is due', async () => {
    const { store, reminder, advance } = await opened(open);
    const whenEmpty = await store.nextDueInMs();
    await store.save([reminder('b', 500_000), reminder('a', 60_000)]);

    const left = (await store.nextDueInMs())!;
    await advance(60_000);

    expect(whenEmpty).toBeUndefined();
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
    expect(await store.nextDueInMs()).toBe(0);
  });

  it('lists what it holds by the instant, and what of it is claimed', async () => {
    const { store, reminder, claim, start } = await opened(open);
    await store.save([reminder('later', 60_000, 'later'), reminder('now', -1, 'now')]);
    await claim();

    const listed = await collect(store.list());

    expect(listed.map(({ id, scheduledAt, claimed }) => ({ id, scheduledAt, claimed }))).toEqual([
      { id: 'now', scheduledAt: start - 1, claimed: true },
      { id: 'later', scheduledAt: start + 60_000, claimed: false },
    ]);
  });
}

function describeClaiming(open: Open): void {
  it('gives an event to one of several that claim at once (5.4)', async () => {
    const { store, reminder, claim } = await opened(open);
    await store.save(Array.from({ length: 20 }, (_, index) => reminder(String(index), -1)));

    const claims = await Promise.all([claim(7), claim(7), claim(7), claim(7)]);

    const all = claims.flatMap(texts);
    expect(all).toHaveLength(20);
    expect(new Set(all).size).toBe(20);
  });

  it('leaves events of other types and names them (5.5)', async () => {
    const { store, reminder, claim, start } = await opened(open);
    const stranger = Stranger({}, { scheduledAt: start - 10, id: 'stranger' });
    await store.save([stranger, reminder('known', -1)]);

    const claimed = texts(await claim(1, [Reminder.type]));

    expect(claimed).toEqual(['known']);
    expect(await store.unknownWork?.({ types: [Reminder.type] })).toEqual([
      { type: Stranger.type, id: 'stranger' },
    ]);
    expect(await claim(10, [Stranger.type])).toHaveLength(1);
  });

  it('does not count events of other types as next (5.5)', async () => {
    const { store, claim, start } = await opened(open);
    await store.save([Stranger({}, { scheduledAt: start - 10 })]);

    expect(await store.nextDueInMs({ types: [Reminder.type] })).toBeUndefined();
    expect(await claim(10, [Reminder.type])).toEqual([]);
  });

  it('claims nothing when no type is known', async () => {
    const { store, reminder, claim } = await opened(open);
    await store.save([reminder('due', -1)]);

    expect(await claim(10, [])).toEqual([]);
    expect(await store.nextDueInMs({ types: [] })).toBeUndefined();
  });

  it('gives an event again when its lease has lapsed (5.3)', async () => {
    const { store, reminder, claim, advance } = await opened(open);
    await store.save([reminder('a', -1)]);
    await claim();

    await advance(LEASE_MS - 1_000);
    const early = texts(await claim());
    await advance(1_001);

    expect([early, texts(await claim())]).toEqual([[], ['a']]);
  });

  it('keeps an event with whoever extends the lease', async () => {
    const { store, reminder, claim, advance } = await opened(open);
    await store.save([reminder('a', -1)]);
    const [mine] = await claim();

    await advance(LEASE_MS - 1_000);
    const extended = await store.extend(mine!, LEASE_MS);
    await advance(LEASE_MS - 1_000);

    expect([extended, texts(await claim())]).toEqual([true, []]);
  });

  it('gives a released event again at once', async () => {
    const { store, reminder, claim } = await opened(open);
    await store.save([reminder('a', -1)]);
    const [mine] = await claim();

    await store.release(mine!);

    expect(texts(await claim())).toEqual(['a']);
  });

  it('holds a lease without an end for ever', async () => {
    const { store, reminder, claim, advance } = await opened(open);
    await store.save([reminder('a', -1)]);
    const [mine] = await store.claimDue({ count: 1, leaseMs: Infinity });

    await advance(400 * 86_400_000);

    expect(await claim()).toEqual([]);
    expect(await store.settle(mine!)).toBe(true);
  });
}

function describeChanging(open: Open): void {
  it('cancels what waits, and nothing else (5.2)', async () => {
    const { store, reminder, claim } = await opened(open);
    await store.save([reminder('a', 60_000, 'a'), reminder('b', -1, 'b')]);
    await claim();

    expect([
      await store.cancel('a'),
      await store.cancel('a'),
      await store.cancel('b'),
      await store.cancel('never'),
    ]).toEqual([true, false, false, false]);
    expect((await collect(store.list())).map(({ id }) => id)).toEqual(['b']);
  });

  it('moves what waits to another instant (5.2)', async () => {
    const { store, reminder, claim, start } = await opened(open);
    await store.save([reminder('a', 60_000, 'a'), reminder('b', 1_000, 'b')]);

    const moved = [await store.reschedule('a', start - 1), await store.reschedule('never', start)];
    const [claimed] = await claim();

    expect(moved).toEqual([true, false]);
    expect(claimed!.event.scheduledAt).toBe(start - 1);
    expect(texts([claimed!])).toEqual(['a']);
    expect(await store.reschedule('a', start + 5)).toBe(false);
  });
}
