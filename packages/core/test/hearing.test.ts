import { describe, expect, it, onTestFinished } from 'vitest';
import { createFakeClock, createRecordedSignals } from '@llmgine/testing';
import {
  anyEvent,
  createLaneQueue,
  createMessageBus,
  sessionId,
  type BusSignalType,
  type HandlerContext,
  type MessageBus,
  type MessageBusOptions,
} from '../src/index.ts';
import { createMemoryEventLog } from '../src/stores.ts';
import { Ask, Heard, Said } from './running-bus.ts';

const s = sessionId('s');
const other = sessionId('other');

describe('isHeard', () => {
  it('is false while nothing could notice the event', async () => {
    const bus = await startUnobserved();

    expect(bus.isHeard(Said)).toBe(false);
    expect(bus.isHeard(Said, s)).toBe(false);
  });

  it('is true for the types and sessions that have handlers, and only while they have', async () => {
    const bus = await startUnobserved();
    const onBus = bus.registerEventHandler(Heard, () => {});
    const inSession = bus.registerEventHandler(Said, () => {}, { sessionId: s });

    expect([bus.isHeard(Heard), bus.isHeard(Heard, s)]).toEqual([true, true]);
    expect([bus.isHeard(Said), bus.isHeard(Said, s), bus.isHeard(Said, other)]).toEqual([
      false,
      true,
      false,
    ]);

    onBus[Symbol.dispose]();
    inSession[Symbol.dispose]();

    expect([bus.isHeard(Heard), bus.isHeard(Said, s)]).toEqual([false, false]);
  });

  it('is true where a handler of every event is', async () => {
    const bus = await startUnobserved();
    bus.registerEventHandler(anyEvent, () => {}, { sessionId: s });

    expect([bus.isHeard(Said), bus.isHeard(Said, s)]).toEqual([false, true]);

    bus.registerEventHandler(anyEvent, () => {});

    expect(bus.isHeard(Said)).toBe(true);
  });

  it.each<BusSignalType>(['event.published', 'event.queued', 'event.processed', 'event.dropped'])(
    'is true while somebody observes %s',
    async (type) => {
      const bus = await startUnobserved();
      const observation = bus.addObserver({ signals: [type], observe: () => {} });

      expect(bus.isHeard(Said)).toBe(true);

      observation[Symbol.dispose]();

      expect(bus.isHeard(Said)).toBe(false);
    },
  );

  it('is true while somebody observes everything', async () => {
    const bus = await startUnobserved();
    bus.addObserver(createRecordedSignals());

    expect(bus.isHeard(Said)).toBe(true);
  });

  it('is false while observers want signals of commands only', async () => {
    const bus = await startUnobserved();
    bus.addObserver({ signals: ['command.started', 'command.completed'], observe: () => {} });

    expect(bus.isHeard(Said)).toBe(false);
  });

  it('is true while there is a filter, which may look at what it lets pass', async () => {
    const bus = await startUnobserved();
    const filter = bus.addEventFilter({ name: 'curious', accepts: () => true });

    expect(bus.isHeard(Said)).toBe(true);

    filter[Symbol.dispose]();

    expect(bus.isHeard(Said)).toBe(false);
  });

  it.each<[string, MessageBusOptions]>([
    ['a log', { eventLog: createMemoryEventLog() }],
    ['a queue of its own', { queue: createLaneQueue() }],
    ['a stamp', { stampMetadata: () => {} }],
    ['metrics', { metrics: { observe: () => {}, snapshot: () => emptySnapshot } }],
  ])('is true on a bus with %s', async (_, options) => {
    const bus = await startUnobserved(options);

    expect(bus.isHeard(Said)).toBe(true);
  });

  it('is true before the bus starts, since the event waits for handlers, and once it has stopped, since that is refused', async () => {
    const bus = createMessageBus({ clock: createFakeClock() });

    expect(bus.isHeard(Said)).toBe(true);
    await bus.start();
    expect(bus.isHeard(Said)).toBe(false);
    await bus.stop();
    expect(bus.isHeard(Said)).toBe(true);
  });

  it('is true in a session that ends', async () => {
    const bus = await startUnobserved();
    const session = await bus.session(s);

    expect(session.isHeard(Said)).toBe(false);

    const ending = session.end();

    expect(bus.isHeard(Said, s)).toBe(true);
    await ending;
  });

  it('asks in its own session where a session or a context is asked', async () => {
    const bus = await startUnobserved();
    const session = await bus.session(s);
    session.registerEventHandler(Said, () => {});
    const asked: boolean[] = [];
    session.registerCommandHandler(Ask, (_, { isHeard }: HandlerContext) => {
      asked.push(isHeard(Said), isHeard(Heard), isHeard(Said, other));
      return 'asked';
    });

    await session.execute(Ask({ text: '' }));

    expect(asked).toEqual([true, false, false]);
    expect([session.isHeard(Said), session.isHeard(Heard), bus.isHeard(Said)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('is true again for what a handler registered meanwhile', async () => {
    const bus = await startUnobserved();
    const seen: string[] = [];
    const tell = async (text: string): Promise<void> => {
      if (bus.isHeard(Said)) await bus.publish(Said({ text }));
    };

    await tell('before');
    bus.registerEventHandler(Said, ({ data }) => void seen.push(data.text));
    await tell('after');

    expect(seen).toEqual(['after']);
  });
});

const emptySnapshot = { counters: {}, gauges: {}, histograms: {} };

/** A running bus that nobody watches. */
async function startUnobserved(options: MessageBusOptions = {}): Promise<MessageBus> {
  const bus = createMessageBus({ clock: createFakeClock(), ...options });
  await bus.start();
  onTestFinished(async () => void (await bus.stop({ deadlineMs: 0 })));
  return bus;
}
