import {
  describeEventLogContract,
  describeScheduledEventStoreContract,
  describeStreamStoreContract,
} from '@llmgine/testing/contracts';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { defineEvent } from '../message/define-messages.ts';
import { typeOnly } from '../message/type-only.ts';
import { createMemoryEventLog } from './memory-event-log.ts';
import { createMemoryScheduledEventStore } from './memory-scheduled-event-store.ts';
import { createMemoryStreamStore } from './memory-stream-store.ts';

const Tick = defineEvent('tick', { data: typeOnly<{ readonly count: number }>() });

describeScheduledEventStoreContract('memory', () => {
  const clock = createFakeClock({ now: 1_800_000_000_000 });
  return {
    store: createMemoryScheduledEventStore({ clock }),
    advance: (durationMs) => clock.advance(durationMs),
  };
});

describeStreamStoreContract('memory', () => ({ store: createMemoryStreamStore() }));

describeEventLogContract('memory', () => ({ log: createMemoryEventLog() }));

describe('createMemoryScheduledEventStore', () => {
  it('counts a lease in monotonic time, so that setting the clock ends none', async () => {
    const clock = createFakeClock({ now: 5_000 });
    const store = createMemoryScheduledEventStore({ clock });
    await store.save([Tick({ count: 1 }, { scheduledAt: 1 })]);
    const [claim] = await store.claimDue({ count: 1, leaseMs: 1_000 });

    clock.setNow(5_000_000);

    expect(await store.settle(claim!)).toBe(true);
  });

  it('wakes when something earlier than everything else is saved, moved or given back', async () => {
    const store = createMemoryScheduledEventStore({ clock: createFakeClock({ now: 10 }) });
    let wakes = 0;
    using waking = store.onEarlier(() => wakes++);

    await store.save([Tick({ count: 1 }, { scheduledAt: 500, id: 'a' })]);
    await store.save([Tick({ count: 2 }, { scheduledAt: 600 })]);
    await store.save([Tick({ count: 3 }, { scheduledAt: 400 })]);
    await store.reschedule('a', 5);

    waking[Symbol.dispose]();
    await store.reschedule('a', 4);

    expect(wakes).toBe(3);
  });

  it('holds nothing after reset', async () => {
    const store = createMemoryScheduledEventStore();
    await store.save([Tick({ count: 1 }, { scheduledAt: 1 })]);

    store.reset();

    expect([store.size, await store.nextDueInMs()]).toEqual([0, undefined]);
  });
});

describe('createMemoryEventLog', () => {
  it('keeps the latest events only, when told how many', async () => {
    const log = createMemoryEventLog({ maxCount: 3 });
    for (let count = 0; count < 20; count++) void log.append(Tick({ count }));

    const kept: unknown[] = [];
    for await (const { event } of log.read()) kept.push(event.data);

    expect(kept).toEqual([{ count: 17 }, { count: 18 }, { count: 19 }]);
  });
});
