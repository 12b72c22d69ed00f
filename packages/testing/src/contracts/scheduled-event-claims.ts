import type { EventMessage } from '@llmgine/core';
import type { ScheduledEventStore } from '@llmgine/core/stores';
import { expect, it } from 'vitest';
import {
  LEASE_MS,
  opened,
  type OpenScheduledEventStore as Open,
} from './open-scheduled-event-store.ts';
import { collect, Reminder, texts } from './under-test.ts';

/** Who lost a claim has no say any more. */
export function describeFencing(open: Open): void {
  it('forgets a settled event, once', async () => {
    const { store, reminder, claim, advance } = await opened(open);
    await store.save([reminder('a', -1)]);
    const [mine] = await claim();

    const settled = [await store.settle(mine!), await store.settle(mine!)];
    await advance(LEASE_MS + 1);

    expect(settled).toEqual([true, false]);
    expect(await claim()).toEqual([]);
    expect(await collect(store.list())).toEqual([]);
  });

  it('holds the next occurrence in the step that settles this one (5.2)', async () => {
    const { store, reminder, claim } = await opened(open);
    await store.save([reminder('first', -1, 'job:1')]);
    const [mine] = await claim();

    await store.settle(mine!, reminder('second', -1, 'job:2'));

    expect(texts(await claim())).toEqual(['second']);
  });

  it('holds no next occurrence for a worker that lost its lease (5.4)', async () => {
    const { store, reminder, claim, advance } = await opened(open);
    await store.save([reminder('first', -1, 'job:1')]);
    const [slept] = await claim();
    await advance(LEASE_MS + 1);
    await claim();

    const settled = await store.settle(slept!, reminder('second', -1, 'job:2'));

    expect(settled).toBe(false);
    expect((await collect(store.list())).map(({ id }) => id)).toEqual(['job:1']);
  });

  it('lets a worker that slept past its lease neither settle, extend nor release (5.4)', async () => {
    const { store, reminder, claim, advance } = await opened(open);
    await store.save([reminder('a', -1)]);
    const [slept] = await claim();
    await advance(LEASE_MS + 1);
    const [owner] = await claim();

    const asSleeper = [await store.settle(slept!), await store.extend(slept!, LEASE_MS)];
    await store.release(slept!);

    expect(owner!.epoch).toBeGreaterThan(slept!.epoch);
    expect(asSleeper).toEqual([false, false]);
    expect(await claim()).toEqual([]);
    expect(await store.settle(owner!)).toBe(true);
  });

  it('refuses to settle or extend a lapsed lease that nobody has taken over yet', async () => {
    const { store, reminder, claim, advance } = await opened(open);
    await store.save([reminder('a', -1)]);
    const [slept] = await claim();

    await advance(LEASE_MS + 1);

    expect([await store.extend(slept!, LEASE_MS), await store.settle(slept!)]).toEqual([
      false,
      false,
    ]);
    expect(texts(await claim())).toEqual(['a']);
  });

  it('does not take an old claim for one on a new event of the same id', async () => {
    const { store, reminder, claim, advance } = await opened(open);
    await store.save([reminder('old', -1, 'id')]);
    const [old] = await claim();
    await store.settle(old!);
    await advance(5);
    await store.save([reminder('new', -1, 'id')]);
    const [fresh] = await claim();

    expect(await store.settle(old!)).toBe(false);
    expect(await store.settle(fresh!)).toBe(true);
  });
}

/** Occurrences belong to their schedule. */
export function describeRecurring(open: Open): void {
  const occurrence = (schedule: string, instant: number, text = 'tick'): EventMessage =>
    Reminder(
      { text },
      {
        id: `${schedule}:${instant}`,
        scheduledAt: instant,
        metadata: { 'llmgine.schedule': schedule },
      },
    );

  it('holds one occurrence of a schedule at a time, also while it is handled (5.2)', async () => {
    const { store, claim, start } = await opened(open);
    await store.save([occurrence('job', start - 2), occurrence('other', start + 5)]);
    await claim();

    const instead = await store.save([occurrence('job', start - 1)]);

    expect([...instead]).toEqual([
      [`job:${start - 1}`, { id: `job:${start - 2}`, scheduledAt: start - 2 }],
    ]);
    expect(await collect(store.list())).toHaveLength(2);
  });

  it('holds the next occurrence once this one is settled or cancelled', async () => {
    const { store, claim, start } = await opened(open);
    await store.save([occurrence('job', start - 1)]);
    const [mine] = await claim();

    await store.settle(mine!, occurrence('job', start + 60_000));
    await store.cancel(`job:${start + 60_000}`);
    const instead = await store.save([occurrence('job', start + 30_000)]);

    expect(instead.size).toBe(0);
  });

  it('leaves occurrences to those who know their schedule, and names them (5.5)', async () => {
    const { store, start } = await opened(open);
    await store.save([occurrence('job', start - 1), occurrence('mine', start - 1, 'mine')]);
    const known = { types: [Reminder.type], schedules: ['mine'] };

    const claimed = texts(await store.claimDue({ ...known, count: 10, leaseMs: LEASE_MS }));
    const unknown = await store.unknownWork?.(known);
    const ofAnyType = await store.unknownWork?.({ schedules: ['mine'] });

    const expected = [{ type: Reminder.type, schedule: 'job', id: `job:${start - 1}` }];
    expect(claimed).toEqual(['mine']);
    expect([unknown, ofAnyType]).toEqual([expected, expected]);
    expect(await store.claimDue({ count: 10, leaseMs: LEASE_MS })).toHaveLength(1);
  });

  it('takes a copy of the metadata alone for no occurrence', async () => {
    const { store, reminder, start } = await opened(open);
    const { metadata } = occurrence('job', start);
    await store.save([occurrence('job', start + 1), { ...reminder('copy', -1), metadata }]);

    const claims = await store.claimDue({ schedules: [], count: 10, leaseMs: LEASE_MS });

    expect(texts(claims)).toEqual(['copy']);
  });
}

/** Numbers that make no sense. */
export function describeRefusing(open: Open): void {
  it.each<[string, (store: ScheduledEventStore) => Promise<unknown>]>([
    ['claims for NaN ms', (store) => store.claimDue({ count: 1, leaseMs: Number.NaN })],
    ['claims for a negative time', (store) => store.claimDue({ count: 1, leaseMs: -1 })],
    ['claims less than nothing', (store) => store.claimDue({ count: -1, leaseMs: 1 })],
    ['claims half an event', (store) => store.claimDue({ count: 0.5, leaseMs: 1 })],
    ['a move to NaN', (store) => store.reschedule('id', Number.NaN)],
    ['a move to the end of time', (store) => store.reschedule('id', Infinity)],
  ])('refuses %s', async (_, call) => {
    const { store, reminder } = await opened(open);
    await store.save([reminder('due', -1, 'id')]);

    await expect(call(store)).rejects.toMatchObject({ code: 'LLMGINE_INVALID_OPTIONS' });

    expect(await store.claimDue({ count: 1, leaseMs: LEASE_MS })).toHaveLength(1);
  });
}
