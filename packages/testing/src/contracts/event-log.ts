import { sessionId, type EventMessage } from '@llmgine/core';
import type { EventLogQuery, ReadableEventLog } from '@llmgine/core/stores';
import { describe, expect, it } from 'vitest';
import { collect, openForTest, Reminder, Stranger, texts, type UnderTest } from './under-test.ts';

/** An empty log. */
export interface EventLogUnderTest extends UnderTest {
  readonly log: ReadableEventLog;
}

/** Facts that hold for every event log that can be read back. */
export function describeEventLogContract(
  name: string,
  open: () => EventLogUnderTest | Promise<EventLogUnderTest>,
): void {
  describe(`EventLog: ${name}`, () => {
    it('gives back whole events in the order they were appended (10.4)', async () => {
      const { log } = await openForTest(open);
      const events = Array.from({ length: 300 }, (_, index) =>
        Reminder({ text: `${index} "\u0000\u{1f600}` }, { metadata: { a: [index, null] } }),
      );

      for (const event of events) await log.append(event);
      await log.flush();

      expect((await collect(log.read())).map(({ event }) => event)).toEqual(events);
    });

    it('reads what is still buffered too', async () => {
      const { log } = await openForTest(open);

      void log.append(Reminder({ text: 'a' }));

      expect(texts(await collect(log.read()))).toEqual(['a']);
    });

    it('gives growing positions to go on from', async () => {
      const { log } = await openForTest(open);
      for (const text of ['a', 'b', 'c']) await log.append(Reminder({ text }));

      const [first] = await collect(log.read({ limit: 1 }));

      expect(texts(await collect(log.read({ after: first!.position })))).toEqual(['b', 'c']);
    });

    it.each<[string, EventLogQuery, string[]]>([
      ['session', { sessionId: sessionId('s') }, ['b', 'd']],
      ['type', { type: Reminder.type }, ['a', 'b', 'd']],
      ['several types', { type: [Reminder.type, Stranger.type] }, ['a', 'b', 'c', 'd']],
      ['no type at all', { type: [] }, []],
      ['correlation', { correlationId: 'k' }, ['c', 'd']],
      ['time', { since: 200, until: 400 }, ['b', 'c']],
      ['everything together', { sessionId: sessionId('s'), correlationId: 'k', since: 1 }, ['d']],
      ['count', { limit: 2 }, ['a', 'b']],
    ])('reads by %s (10.4)', async (_, query, expected) => {
      const { log } = await openForTest(open);
      for (const event of fourEvents()) await log.append(event);

      expect(texts(await collect(log.read(query)))).toEqual(expected);
    });

    it('has nothing to flush when nothing was appended', async () => {
      const { log } = await openForTest(open);

      await log.flush();

      expect(await collect(log.read())).toEqual([]);
    });
  });
}

function fourEvents(): EventMessage[] {
  const inSession = { sessionId: sessionId('s') };
  return [
    Reminder({ text: 'a' }, { createdAt: 100 }),
    Reminder({ text: 'b' }, { createdAt: 200, ...inSession }),
    Stranger({ text: 'c' }, { createdAt: 300, correlationId: 'k' }),
    Reminder({ text: 'd' }, { createdAt: 400, correlationId: 'k', ...inSession }),
  ];
}
