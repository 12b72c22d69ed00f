import {
  BUS_SCOPE,
  createMessageBus,
  createSignalHub,
  defineEvent,
  SessionStartEvent,
  typeOnly,
  type EventMessage,
} from '@llmgine/core';
import type { LoggedEvent } from '@llmgine/core/stores';
import { createRecordedSignals } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { replayEvents } from '../src/index.ts';
import { databases, lastingDatabases, openForTest } from './support/databases.ts';

const Said = defineEvent('said', { data: typeOnly<{ readonly text: string }>() });
const Delta = defineEvent('delta', { data: typeOnly<{ readonly text: string }>(), lossy: true });

async function read(log: { read(): AsyncIterable<LoggedEvent> }): Promise<EventMessage[]> {
  const events: EventMessage[] = [];
  for await (const { event } of log.read()) events.push(event);
  return events;
}

function textsOf(events: readonly EventMessage[]): string[] {
  return events.map(({ data }) => (data as { text: string }).text);
}

describe.each(databases)('eventLog on $name', (database) => {
  it('logs neither lossy events nor those of the bus (10.4)', async () => {
    const { eventLog } = await openForTest(database.create());

    for (const event of [
      Delta({ text: 'a' }),
      SessionStartEvent({ sessionId: 's' }),
      Said({ text: 'b' }),
    ]) {
      void eventLog.append(event);
    }

    expect(textsOf(await read(eventLog))).toEqual(['b']);
  });

  it('logs them when asked to (10.4)', async () => {
    const { eventLog } = await openForTest({
      ...database.create(),
      eventLog: { lossy: true, busEvents: true },
    });

    void eventLog.append(Delta({ text: 'a' }));
    void eventLog.append(SessionStartEvent({ sessionId: 's' }));

    expect((await read(eventLog)).map(({ type }) => type)).toEqual([
      'delta',
      'llmgine.session.started',
    ]);
  });

  it('refuses what comes after closing, and so does a bus before it does anything with it', async () => {
    const persistence = await openForTest({ ...database.create(), persistEvents: true });
    const bus = createMessageBus(persistence.busOptions());
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    await bus.start();
    await persistence.close();

    const closed = { code: 'LLMGINE_DATABASE_CLOSED' };
    expect(() => persistence.eventLog.append(Said({ text: 'a' }))).toThrow(
      expect.objectContaining(closed),
    );
    await expect(bus.publish(Said({ text: 'b' }))).rejects.toMatchObject(closed);
    expect(handled).toBe(0);
    await bus.stop();
  });

  it('makes a publisher wait only when the buffer is full (10.4)', async () => {
    const { eventLog } = await openForTest({ ...database.create(), eventLog: { bufferSize: 2 } });

    const waits = ['a', 'b', 'c'].map((text) => eventLog.append(Said({ text })));
    await waits[2];

    expect(waits.map((wait) => wait instanceof Promise)).toEqual([false, false, true]);
    expect(textsOf(await read(eventLog))).toEqual(['a', 'b', 'c']);
  });

  it('writes by itself, soon', async () => {
    const { eventLog } = await openForTest(database.create());
    void eventLog.append(Said({ text: 'a' }));

    while (eventLog.buffered > 0) await new Promise((resolve) => setTimeout(resolve, 1));

    expect(textsOf(await read(eventLog))).toEqual(['a']);
  });

  it('keeps about as many of the latest events as it is told (10.4)', async () => {
    const { eventLog } = await openForTest({ ...database.create(), eventLog: { maxCount: 10 } });
    for (let count = 0; count < 1_500; count++) void eventLog.append(Said({ text: String(count) }));
    await eventLog.flush();

    await eventLog.prune();

    expect(textsOf(await read(eventLog))).toEqual(
      Array.from({ length: 10 }, (_, index) => String(1_490 + index)),
    );
  });

  it('removes events that are older than it is told (10.4)', async () => {
    const { eventLog } = await openForTest({
      ...database.create(),
      eventLog: { maxAgeMs: 3_600_000 },
    });
    void eventLog.append(Said({ text: 'old' }, { createdAt: Date.now() - 7_200_000 }));
    void eventLog.append(Said({ text: 'young' }));
    await eventLog.flush();

    expect(await eventLog.prune()).toBe(1);
    expect(textsOf(await read(eventLog))).toEqual(['young']);
  });

  it('redacts before anything is written, when asked to (12.4)', async () => {
    const { eventLog } = await openForTest({
      ...database.create(),
      eventLog: { redact: (event) => ({ ...(event as object), data: { text: '***' } }) },
    });

    void eventLog.append(Said({ text: 'secret' }));

    expect(textsOf(await read(eventLog))).toEqual(['***']);
  });

  it('reports an event that cannot be stored and logs the others', async () => {
    const signals = createSignalHub();
    const recorded = createRecordedSignals();
    signals.add(recorded);
    const { eventLog } = await openForTest({
      ...database.create(),
      signals,
      maxMessageBytes: 5_000,
    });

    void eventLog.append(Said({ text: 'x'.repeat(6_000) }));
    void eventLog.append(Said({ text: new Date(0) as never }));
    void eventLog.append(Said({ text: 'fine' }));

    expect(textsOf(await read(eventLog))).toEqual(['fine']);
    expect(eventLog.notLogged).toBe(2);
    expect(recorded.of('store.failed').map(({ error }) => error.name)).toEqual([
      'MessageTooLargeError',
      'NotJsonSafeError',
    ]);
  });

  it('replays onto a bus in order, without logging again (10.4)', async () => {
    const { eventLog } = await openForTest(database.create());
    for (const text of ['a', 'b', 'c']) void eventLog.append(Said({ text }));
    const published: EventMessage[] = [];

    const count = await replayEvents(eventLog, {
      bus: {
        publish: async (event) => {
          published.push(event);
          await eventLog.append(event);
          return { status: 'processed', failures: [] };
        },
      },
    });

    expect([count, textsOf(published)]).toEqual([3, ['a', 'b', 'c']]);
    expect(published[0]!.sessionId).toBe(BUS_SCOPE);
    expect(textsOf(await read(eventLog))).toEqual(['a', 'b', 'c']);
  });
});

describe.each(lastingDatabases)('eventLog on $name, closed', (database) => {
  it('has written everything when persistence is closed (10.4)', async () => {
    const options = database.create();
    const first = await openForTest(options);
    for (let count = 0; count < 5_000; count++)
      void first.eventLog.append(Said({ text: String(count) }));

    await first.close();
    await first.close();

    const second = await openForTest(options);
    expect(textsOf(await read(second.eventLog))).toEqual(
      Array.from({ length: 5_000 }, (_, index) => String(index)),
    );
  });
});
