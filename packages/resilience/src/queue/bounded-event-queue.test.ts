import {
  createSignalHub,
  defineEvent,
  SessionStartEvent,
  sessionId,
  typeOnly,
  type EventMessage,
  type PublishReceipt,
  type QueueEntry,
} from '@llmgine/core';
import { createFakeClock, createRecordedSignals } from '@llmgine/testing';
import { describeEventQueueContract } from '@llmgine/testing/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BackpressureStrategy } from './backpressure-strategy.ts';
import { createBoundedEventQueue } from './bounded-event-queue.ts';
import type { BoundedQueueOptions } from './bounded-queue-options.ts';

for (const strategy of Object.values(BackpressureStrategy)) {
  describeEventQueueContract(strategy, () => ({
    queue: createBoundedEventQueue({ capacity: 200, strategy }),
  }));
}

const Fact = defineEvent('fact', { data: typeOnly<{ n: number }>() });
const Delta = defineEvent('delta', { data: typeOnly<{ n: number }>(), lossy: true });
const LooseDelta = defineEvent('loose', {
  data: typeOnly<{ n: number }>(),
  lossy: true,
  lane: 'none',
});

interface Entry extends QueueEntry {
  receipt: PublishReceipt | undefined;
}

function entryOf(event: EventMessage): Entry {
  return {
    event,
    evictable: event.lossy === true,
    receipt: undefined,
    accepted() {},
    settle(receipt) {
      this.receipt = receipt;
    },
  };
}

const fact = (n: number, session = 'a'): Entry =>
  entryOf(Fact({ n }, { sessionId: sessionId(session) }));
const delta = (n: number, session = 'a'): Entry =>
  entryOf(Delta({ n }, { sessionId: sessionId(session) }));

function create(options: BoundedQueueOptions) {
  const clock = createFakeClock();
  const signals = createSignalHub({ clock });
  const recorded = createRecordedSignals();
  signals.add(recorded);
  const queue = createBoundedEventQueue({ ...options, clock, signals });
  const put = (entry: Entry, mayWait = true, signal?: AbortSignal) =>
    queue.enqueue(entry, { mayWait, signal });
  const takeAll = () => {
    const taken: unknown[] = [];
    for (let entry = queue.next(); entry; entry = queue.next()) {
      taken.push((entry.event.data as { n: number }).n);
      queue.release(entry);
    }
    return taken;
  };
  return { clock, queue, put, takeAll, recorded };
}

describe('createBoundedEventQueue under DROP_OLDEST (9.3)', () => {
  it('throws out the oldest lossy event, tells its publisher, and keeps the order of the rest', () => {
    const { put, takeAll, queue } = create({ capacity: 3 });
    const oldest = delta(2);
    for (const entry of [fact(1), oldest, delta(3)]) void put(entry);

    expect(put(fact(4))).toBe('accepted');

    expect(oldest.receipt).toEqual({ status: 'dropped', reason: 'evicted' });
    expect(takeAll()).toEqual([1, 3, 4]);
    expect(queue.metrics()).toMatchObject({ totalDropped: 1, totalRejected: 0, totalDequeued: 3 });
  });

  it('refuses the newcomer when nothing is lossy, even a lossy one', () => {
    const { put } = create({ capacity: 1 });
    void put(fact(1));

    expect(put(delta(2))).toBe('rejected');
    expect(put(fact(3))).toBe('rejected');
  });

  it('throws out any but own and claimed events when told to', () => {
    const { put, takeAll } = create({ capacity: 3, dropOldest: 'any' });
    const own = entryOf(SessionStartEvent({ sessionId: 'a' }));
    const claimed = { ...fact(1), event: { ...fact(1).event, scheduledAt: 5 } };
    const plain = fact(2);
    for (const entry of [own, claimed, plain]) void put(entry);

    void put(fact(3));

    expect(plain.receipt).toMatchObject({ reason: 'evicted' });
    expect(put(fact(4))).toBe('accepted');
    expect(takeAll()).toHaveLength(3);
  });

  it('keeps its memory bounded while a lane that is stuck is flooded with lossy events', () => {
    const { put, queue } = create({ capacity: 100 });
    void put(fact(0, 'stuck'));
    queue.next();

    for (let n = 0; n < 50_000; n++) {
      void put(delta(n, 'stuck'));
      void put(entryOf(LooseDelta({ n })));
    }

    expect(queue.size).toBe(100);
    expect(queue.metrics().totalDropped).toBe(100_000 - 100);
  });
});

describe('createBoundedEventQueue under REJECT_NEW (9.3)', () => {
  it('refuses what comes when it is full, lossy or not, and evicts nothing', () => {
    const { put, takeAll } = create({ capacity: 2, strategy: 'REJECT_NEW' });
    for (const entry of [delta(1), fact(2)]) void put(entry);

    expect([put(fact(3)), put(delta(4))]).toEqual(['rejected', 'rejected']);
    expect(takeAll()).toEqual([1, 2]);
  });
});

describe('createBoundedEventQueue under ADAPTIVE_RATE_LIMIT (9.3)', () => {
  const strategy = 'ADAPTIVE_RATE_LIMIT';

  it('slows publishers from the high-water mark on, 1 ms to 100 ms, though the event is in at once', async () => {
    const { clock, put, queue } = create({ capacity: 10, strategy });
    for (let n = 0; n < 7; n++) expect(put(fact(n))).toBe('accepted');
    const passedAfter = async (entry: Entry): Promise<number> => {
      const before = clock.monotonic();
      const putting = Promise.resolve(put(entry)).then(() => clock.monotonic() - before);
      await clock.advanceAsync(150);
      return putting;
    };

    expect(await passedAfter(fact(7))).toBe(1);
    expect(await passedAfter(fact(8))).toBe(50.5);
    expect(await passedAfter(fact(9))).toBe(100);
    expect(queue.size).toBe(10);
  });

  it('lets publishers wait for room when it is full, first come first served, and loses nothing', async () => {
    const { clock, put, takeAll, queue } = create({ capacity: 2, strategy });
    const outcomes: string[] = [];
    void put(fact(1));
    void put(fact(2));
    for (const n of [3, 4])
      void Promise.resolve(put(fact(n))).then((outcome) => outcomes.push(`${n} ${outcome}`));
    expect(queue.metrics().waiting).toBe(2);

    queue.release(queue.next()!);
    await clock.advanceAsync(0);
    expect(outcomes).toEqual(['3 accepted']);

    expect(takeAll()).toEqual([2, 3, 4]);
  });

  it('ends a wait when the publisher aborts', async () => {
    const { put, queue } = create({ capacity: 1, strategy });
    const aborting = new AbortController();
    void put(fact(1));
    const waiting = put(fact(2), true, aborting.signal);

    aborting.abort();

    expect(await waiting).toBe('rejected');
    expect(queue.metrics()).toMatchObject({ waiting: 0, totalRejected: 1 });
  });

  it('ends all waits when the bus takes everything out', async () => {
    const { put, queue } = create({ capacity: 1, strategy });
    void put(fact(1));
    const waiting = put(fact(2));

    expect(queue.remove(() => true)).toHaveLength(1);

    expect(await waiting).toBe('rejected');
    expect(queue.size).toBe(0);
  });

  it('does not slow down those that must not wait', () => {
    const { put } = create({ capacity: 10, strategy });

    for (let n = 0; n < 10; n++) expect(put(fact(n), false)).toBe('accepted');
  });
});

describe('createBoundedEventQueue (9.3)', () => {
  it.each(Object.values(BackpressureStrategy))(
    'admits those that must not wait up to twice the capacity, then refuses them: %s',
    (strategy) => {
      const { put, queue } = create({ capacity: 3, strategy });

      const outcomes = Array.from({ length: 7 }, (_, n) => put(fact(n), false));

      expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(6);
      expect(outcomes[6]).toBe('rejected');
      expect(queue.metrics().maxSizeReached).toBe(6);
    },
  );

  it("never lets the bus's own events wait, nor evicts them", () => {
    const { put, queue } = create({ capacity: 1, strategy: 'ADAPTIVE_RATE_LIMIT' });
    const own = () => entryOf(SessionStartEvent({ sessionId: 'a' }));

    expect([put(own()), put(own()), put(own())]).toEqual(['accepted', 'accepted', 'rejected']);
    expect(queue.metrics().waiting).toBe(0);
  });

  it.each(Object.values(BackpressureStrategy))(
    'refuses due events while it is full, so that they stay held: %s',
    (strategy) => {
      const { put } = create({ capacity: 1, strategy });
      void put(fact(1));
      const due = { ...fact(2), event: { ...fact(2).event, scheduledAt: 1 } };

      expect(put(due, false)).toBe('rejected');
    },
  );

  it('says once for each crossing that pressure began and ended', () => {
    const { put, queue, recorded } = create({ capacity: 10 });
    const take = (count: number) => {
      for (let taken = 0; taken < count; taken++) queue.release(queue.next()!);
    };

    for (let n = 0; n < 9; n++) void put(fact(n));
    expect(queue.metrics()).toMatchObject({ backpressureActive: true, highWaterMarkHits: 1 });
    take(3);
    void put(fact(9));
    void put(fact(10));
    expect(recorded.of('queue.pressure-changed')).toHaveLength(1);
    take(3);

    expect(queue.metrics().backpressureActive).toBe(false);
    expect(recorded.of('queue.pressure-changed')).toMatchObject([
      { active: true, queueSize: 8 },
      { active: false, queueSize: 5 },
    ]);
  });

  it('forgets its counts when reset', () => {
    const { put, queue } = create({ capacity: 2 });
    for (let n = 0; n < 5; n++) void put(fact(n));
    queue.remove(() => true);

    queue.reset();

    expect(queue.metrics()).toMatchObject({
      totalEnqueued: 0,
      totalRejected: 0,
      totalRemoved: 0,
      highWaterMarkHits: 0,
      maxSizeReached: 0,
    });
  });

  it('refuses every option out of range, all at once', () => {
    const wrong = {
      capacity: 0,
      strategy: 'DROP' as 'REJECT_NEW',
      dropOldest: 'x' as 'any',
      highWaterMark: 2,
      lowWaterMark: -1,
    };

    expect(() => createBoundedEventQueue(wrong)).toThrowError(
      /capacity.*strategy.*dropOldest.*highWaterMark.*lowWaterMark/,
    );
    expect(() => createBoundedEventQueue({ highWaterMark: 0.5, lowWaterMark: 0.5 })).toThrowError(
      /lowWaterMark must be below/,
    );
  });
});

describe('createBoundedEventQueue against a model of itself (9.3)', () => {
  const puts = fc.record({
    do: fc.constant('put' as const),
    session: fc.constantFrom('a', 'b', 'c'),
    lossy: fc.boolean(),
    mayWait: fc.boolean(),
  });
  const steps = fc.array(
    fc.oneof(
      { arbitrary: puts, weight: 5 },
      { arbitrary: fc.constant({ do: 'take' as const }), weight: 3 },
      {
        arbitrary: fc.record({ do: fc.constant('release' as const), which: fc.nat(5) }),
        weight: 3,
      },
      { arbitrary: fc.constant({ do: 'removeB' as const }), weight: 1 },
    ),
    { maxLength: 120 },
  );

  it.each(Object.values(BackpressureStrategy))(
    'loses nothing but what a receipt says, and its counters add up: %s',
    async (strategy) => {
      await fc.assert(
        fc.asyncProperty(steps, fc.integer({ min: 1, max: 8 }), async (history, capacity) => {
          const { clock, queue, put, recorded } = create({ capacity, strategy });
          const offered: Entry[] = [];
          const outcomes = new Map<Entry, string>();
          const taken: Entry[] = [];
          const removed: Entry[] = [];
          const busy: QueueEntry[] = [];
          const expectedOrder: Record<string, Entry[]> = {};

          for (const step of history) {
            if (step.do === 'put') {
              const entry = (step.lossy ? delta : fact)(offered.length, step.session);
              entry.accepted = () => void (expectedOrder[step.session] ??= []).push(entry);
              offered.push(entry);
              void Promise.resolve(put(entry, step.mayWait)).then((outcome) =>
                outcomes.set(entry, outcome),
              );
            } else if (step.do === 'take') {
              const entry = queue.next();
              if (entry) {
                expect(busy.some(({ event }) => event.sessionId === entry.event.sessionId)).toBe(
                  false,
                );
                busy.push(entry);
                taken.push(entry as Entry);
              }
            } else if (step.do === 'release') {
              const [entry] = busy.splice(step.which % Math.max(busy.length, 1), 1);
              if (entry) queue.release(entry);
            } else {
              removed.push(
                ...(queue.remove(({ event }) => event.sessionId === sessionId('b')) as Entry[]),
              );
            }
            expect(queue.size).toBeLessThanOrEqual(capacity * 2);
          }
          await clock.advanceAsync(1_000);

          const { metrics } = queue;
          const now = metrics.call(queue);
          const evicted = offered.filter(({ receipt }) => receipt !== undefined);
          expect(now.totalEnqueued).toBe(
            now.totalDequeued + now.totalDropped + now.totalRemoved + now.currentSize,
          );
          expect(offered.length).toBe(now.totalEnqueued + now.totalRejected + now.waiting);
          expect([taken.length, removed.length, evicted.length]).toEqual([
            now.totalDequeued,
            now.totalRemoved,
            now.totalDropped,
          ]);
          expect([...outcomes.values()].filter((outcome) => outcome === 'rejected')).toHaveLength(
            now.totalRejected,
          );
          expect(evicted.every(({ event }) => event.lossy)).toBe(true);
          for (const session of ['a', 'b', 'c']) {
            const gone = new Set<Entry>([...evicted, ...removed]);
            const inOrder = (expectedOrder[session] ?? []).filter((entry) => !gone.has(entry));
            const seen = taken.filter(({ event }) => event.sessionId === session);
            expect(seen).toEqual(inOrder.slice(0, seen.length));
          }
          const crossings = recorded.of('queue.pressure-changed').map(({ active }) => active);
          expect(crossings).toEqual(crossings.map((_, index) => index % 2 === 0));
          expect(now.highWaterMarkHits).toBe(crossings.filter(Boolean).length);
        }),
        { numRuns: 300 },
      );
    },
  );
});
