import { defineEvent, sessionId, typeOnly, type EventMessage } from '@llmgine/core';
import type { EventQueue, PublishReceipt, QueueEntry } from '@llmgine/core';
import { describe, expect, it } from 'vitest';
import { openForTest, type UnderTest } from './under-test.ts';

/** An empty queue with room for at least 100 events that never makes publishers wait for less. */
export interface EventQueueUnderTest extends UnderTest {
  readonly queue: EventQueue;
}

type Open = () => EventQueueUnderTest | Promise<EventQueueUnderTest>;

/** Facts that hold for every queue of a bus. */
export function describeEventQueueContract(name: string, open: Open): void {
  describe(`EventQueue: ${name}`, () => {
    describeLanes(open);
    describeKeeping(open);
  });
}

const Queued = defineEvent('contract.queued', { data: typeOnly<{ readonly text: string }>() });
const Loose = defineEvent('contract.loose', {
  data: typeOnly<{ readonly text: string }>(),
  lane: 'none',
});
const Keyed = defineEvent('contract.keyed', {
  data: typeOnly<{ readonly text: string; readonly key: string }>(),
  lane: ({ data }) => data.key,
});

/** An entry that remembers what became of it. */
interface RecordedEntry extends QueueEntry {
  timesAccepted: number;
  readonly receipts: PublishReceipt[];
}

function anEntry(event: EventMessage): RecordedEntry {
  const receipts: PublishReceipt[] = [];
  return {
    event,
    evictable: event.lossy === true,
    timesAccepted: 0,
    receipts,
    accepted() {
      this.timesAccepted++;
    },
    settle: (receipt) => void receipts.push(receipt),
  };
}

function inSession(session: string, text: string): RecordedEntry {
  return anEntry(Queued({ text }, { sessionId: sessionId(session) }));
}

async function fill(queue: EventQueue, entries: readonly QueueEntry[]): Promise<void> {
  for (const entry of entries)
    expect(await queue.enqueue(entry, { mayWait: true })).toBe('accepted');
}

function textOf(entry: QueueEntry | undefined): string | undefined {
  return (entry?.event.data as { text: string } | undefined)?.text;
}

/** Takes until nothing is ready, without letting any lane go on. */
function takeReady(queue: EventQueue): (string | undefined)[] {
  const taken: (string | undefined)[] = [];
  for (let entry = queue.next(); entry; entry = queue.next()) taken.push(textOf(entry));
  return taken;
}

function describeLanes(open: Open): void {
  it('gives the events of one session in order, one at a time', async () => {
    const { queue } = await openForTest(open);
    await fill(queue, [inSession('a', '1'), inSession('a', '2'), inSession('a', '3')]);

    const first = queue.next();
    expect([textOf(first), queue.next()]).toEqual(['1', undefined]);
    queue.release(first!);
    const second = queue.next();
    expect([textOf(second), queue.next()]).toEqual(['2', undefined]);
    queue.release(second!);

    expect(textOf(queue.next())).toBe('3');
  });

  it('gives events of different sessions side by side, in turn', async () => {
    const { queue } = await openForTest(open);
    await fill(queue, [inSession('a', 'a1'), inSession('a', 'a2'), inSession('b', 'b1')]);

    expect(takeReady(queue)).toEqual(['a1', 'b1']);
  });

  it('holds nothing back behind a busy lane', async () => {
    const { queue } = await openForTest(open);
    await fill(queue, [inSession('a', 'a1')]);
    queue.next();

    await fill(queue, [inSession('a', 'a2'), inSession('b', 'b1')]);

    expect(takeReady(queue)).toEqual(['b1']);
  });

  it('gives events without a lane at once, and events of a key one at a time, whatever their session', async () => {
    const { queue } = await openForTest(open);
    const keyed = (session: string, text: string) =>
      anEntry(Keyed({ text, key: 'k' }, { sessionId: sessionId(session) }));
    await fill(queue, [
      anEntry(Loose({ text: 'l1' })),
      anEntry(Loose({ text: 'l2' })),
      keyed('a', 'k1'),
      keyed('b', 'k2'),
    ]);

    expect(takeReady(queue)).toEqual(['l1', 'l2', 'k1']);
  });

  it('keeps a session and a lane key of the same name apart', async () => {
    const { queue } = await openForTest(open);
    await fill(queue, [anEntry(Keyed({ text: 'keyed', key: 'x' })), inSession('key:x', 'session')]);

    expect(takeReady(queue)).toEqual(['keyed', 'session']);
  });
}

function describeKeeping(open: Open): void {
  it('says once of each entry that it was taken in, and settles none', async () => {
    const { queue } = await openForTest(open);
    const entries = [inSession('a', '1'), inSession('a', '2')];

    await fill(queue, entries);
    takeReady(queue);

    expect(entries.map(({ timesAccepted }) => timesAccepted)).toEqual([1, 1]);
    expect(entries.flatMap(({ receipts }) => receipts)).toEqual([]);
  });

  it('counts what is accepted and not taken', async () => {
    const { queue } = await openForTest(open);
    await fill(queue, [inSession('a', '1'), inSession('a', '2'), inSession('b', '3')]);
    expect(queue.size).toBe(3);

    queue.next();

    expect(queue.size).toBe(2);
  });

  it('takes out what matches, in order, and leaves the rest in theirs', async () => {
    const { queue } = await openForTest(open);
    await fill(
      queue,
      ['1', '2', '3', '4'].map((text) => inSession('a', text)),
    );
    const isEven = (entry: QueueEntry): boolean => Number(textOf(entry)) % 2 === 0;

    const removed = queue.remove(isEven);

    expect(removed.map(textOf)).toEqual(['2', '4']);
    expect(queue.size).toBe(2);
    const first = queue.next();
    queue.release(first!);
    expect([textOf(first), textOf(queue.next())]).toEqual(['1', '3']);
  });

  it('goes on with a lane whose waiting events were all taken out while it was busy', async () => {
    const { queue } = await openForTest(open);
    await fill(queue, [inSession('a', '1'), inSession('a', '2')]);
    const busy = queue.next();

    queue.remove(() => true);
    queue.release(busy!);
    await fill(queue, [inSession('a', '3')]);

    expect(takeReady(queue)).toEqual(['3']);
  });

  it('is as new after everything was removed and it was reset', async () => {
    const { queue } = await openForTest(open);
    await fill(queue, [inSession('a', '1'), anEntry(Loose({ text: 'l' }))]);

    queue.remove(() => true);
    queue.reset?.();

    expect([queue.size, queue.next()]).toEqual([0, undefined]);
  });
}
