import { describe, expect, it } from 'vitest';
import {
  BusStoppedError,
  createMessageBus,
  EventHandlerFailedEvent,
  SessionEndEvent,
  sessionId,
  type MessageBus,
} from '../src/index.ts';
import { Ask, forever, gate, Heard, makeBus, now, Said, settle, startBus } from './running-bus.ts';

const unawaited = { awaitProcessing: false };
const s = sessionId('s');

describe('6.1 before start, start, reset', () => {
  it('6.1 before start events queue; an awaited publish resolves with queued', async () => {
    const { bus, clock } = makeBus();
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);

    expect(await now(bus.publish(Said({ text: '' })), clock)).toEqual({ status: 'queued' });
    expect(await now(bus.publish(Said({ text: '' }), unawaited), clock)).toEqual({
      status: 'queued',
    });

    expect(handled).toBe(0);
    expect(bus.getStats()).toMatchObject({ state: 'idle', queueSize: 2 });
    await bus.start();
    await bus.waitForEvents();
    expect(handled).toBe(2);
  });

  it('6.1 before start an awaited publish inside a command handler is queued as well', async () => {
    const { bus, clock } = makeBus();
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    bus.registerCommandHandler(Ask, (_command, context) =>
      context.publish(Said({ text: '' })).then(({ status }) => status),
    );

    expect(await now(bus.execute(Ask({ text: '' })), clock)).toMatchObject({ result: 'queued' });

    expect(handled).toBe(0);
  });

  it('6.1 events from before start take the same way as all others: filters, log and observers', async () => {
    const logged: string[] = [];
    const { bus, signals } = makeBus({
      eventLog: { append: ({ type }) => void logged.push(type), flush: async () => {} },
    });
    bus.addEventFilter({ name: 'no heard', accepts: ({ type }) => type !== 'heard' });

    expect(await bus.publish(Heard({ text: '' }))).toEqual({
      status: 'filtered',
      filter: 'no heard',
    });
    await bus.publish(Said({ text: '' }));

    expect(logged).toEqual(['said']);
    expect(signals.types()).toEqual([
      'event.published',
      'event.filtered',
      'event.published',
      'event.queued',
    ]);
  });

  it('6.1 opening a session before start does not wait for its start event', async () => {
    const { bus, clock } = makeBus();

    expect(await now(bus.session(s), clock)).toMatchObject({ sessionId: 's' });
  });

  it('6.1 start, stop and reset are idempotent', async () => {
    const { bus, signals } = makeBus();

    await bus.start();
    await bus.start();
    await bus.stop();
    await bus.stop();
    expect(signals.types()).toEqual(['bus.started', 'bus.stopped']);
    await bus.reset();
    await bus.reset();
    await bus[Symbol.asyncDispose]();

    expect(bus.getStats().state).toBe('stopped');
  });

  it('6.1 stopping twice at once is one stop, and both wait for it', async () => {
    const { bus, clock, signals } = await startBus();
    const opened = gate();
    bus.registerEventHandler(Said, () => opened.promise);
    void bus.publish(Said({ text: '' }));
    const both = Promise.all([bus.stop(), bus.stop()]);
    expect(await now(both, clock)).toBe('pending');

    opened.resolve();

    expect(await now(both, clock)).toEqual([
      { dropped: 0, abandoned: 0 },
      { dropped: 0, abandoned: 0 },
    ]);
    expect(signals.of('bus.stopped')).toHaveLength(1);
  });

  it('6.1 a stop while observers are flushed waits for them as well', async () => {
    const { bus, clock } = await startBus();
    const flushed = gate();
    bus.addObserver({ observe: () => {}, flush: () => flushed.promise });
    void bus.stop();
    await settle({ clock });

    const second = bus.stop();
    expect(await now(second, clock)).toBe('pending');
    flushed.resolve();

    expect(await now(second, clock)).toEqual({ dropped: 0, abandoned: 0 });
  });

  it.each<[string, (bus: MessageBus) => Promise<unknown>[], string]>([
    ['stop, start', (bus) => [bus.stop(), bus.start()], 'running'],
    ['start, stop', (bus) => [bus.start(), bus.stop()], 'stopped'],
    ['reset, start', (bus) => [bus.reset(), bus.start()], 'running'],
    ['stop, reset, start', (bus) => [bus.stop(), bus.reset(), bus.start()], 'running'],
    ['reset, stop', (bus) => [bus.reset(), bus.stop()], 'idle'],
    [
      'start, reset, start, stop',
      (bus) => [bus.start(), bus.reset(), bus.start(), bus.stop()],
      'running',
    ],
  ])('6.1 %s called together leave the bus in one state: %s', async (_, calls, state) => {
    const { bus, clock } = await startBus();
    bus.registerEventHandler(Said, () => {});

    expect(await now(Promise.all(calls(bus)), clock)).not.toBe('pending');

    expect(bus.getStats().state).toBe(state);
    const receipt = await bus.publish(Said({ text: '' })).catch(() => ({ status: 'refused' }));
    expect(receipt.status).toBe(
      { running: 'processed', idle: 'queued', stopped: 'refused' }[state as 'running'],
    );
  });

  it('6.1 start after stop works, and what was registered is still there', async () => {
    const { bus } = await startBus();
    bus.registerEventHandler(Said, () => {});
    bus.registerCommandHandler(Ask, () => 'again');
    await bus.stop();

    await bus.start();

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ status: 'processed' });
    expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ result: 'again' });
  });

  it('6.1 reset stops and forgets handlers, filters, middleware, observers and statistics', async () => {
    const { bus, clock, signals } = await startBus();
    let touched = 0;
    const touch = (): void => void touched++;
    bus.registerEventHandler(Said, () => {
      touch();
      throw new Error('no');
    });
    bus.registerCommandHandler(Ask, () => '');
    bus.addEventFilter({ name: 'f', accepts: () => (touch(), true) });
    bus.addCommandMiddleware({ name: 'm', aroundCommand: (_call, next) => (touch(), next()) });
    bus.addEventMiddleware({ name: 'm', aroundEvent: (_call, next) => (touch(), next()) });
    await bus.publish(Said({ text: '' }));
    await bus.publish(Said({ text: '' }, { scheduledAt: clock.now() + 10 }));
    await bus.session(s);

    await bus.reset();
    const seen = signals.all.length;
    touched = 0;

    expect(bus.getStats()).toMatchObject({
      state: 'idle',
      queueSize: 0,
      inFlight: 0,
      scheduledEvents: 0,
      sessions: 0,
      registeredHandlers: 0,
      eventErrors: 0,
    });
    expect(bus.getEventErrors()).toEqual([]);
    await bus.start();
    await bus.publish(Said({ text: '' }));
    await clock.advanceAsync(100);
    expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ success: false });
    expect(touched).toBe(0);
    expect(signals.all).toHaveLength(seen);
  });

  it('6.1 after a reset the option messages holds again, and other definitions may be known', async () => {
    const { bus } = await startBus({ messages: [Said] });
    bus.registerEventHandler(Heard, () => {});
    await bus.reset();
    await bus.start();

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ status: 'processed' });
  });
});

describe('6.2 stop', () => {
  it('6.2 outside calls reject with BUS_STOPPED, while it stops and after', async () => {
    const { bus, clock } = await startBus();
    const opened = gate();
    bus.registerCommandHandler(Ask, () => opened.promise.then(() => ''));
    void bus.execute(Ask({ text: '' }));
    const stopping = bus.stop();
    await settle({ clock });

    for (const moment of ['stopping', 'stopped']) {
      expect(bus.getStats().state).toBe(moment);
      await expect(bus.publish(Said({ text: '' }))).rejects.toThrow(BusStoppedError);
      await expect(bus.publish(Said({ text: '' }), unawaited)).rejects.toThrow(BusStoppedError);
      await expect(bus.execute(Ask({ text: '' }))).rejects.toMatchObject({
        code: 'LLMGINE_BUS_STOPPED',
      });
      await expect(bus.session(s)).rejects.toThrow(BusStoppedError);
      opened.resolve();
      await now(stopping, clock);
    }
  });

  it("6.2 what is queued is drained (the guide's quick start prints its event)", async () => {
    const printed: string[] = [];
    const bus = createMessageBus();
    bus.registerCommandHandler(Ask, async ({ data }) => {
      await bus.publish(Said({ text: `Hello, ${data.text}!` }), unawaited);
      return `Greeted ${data.text}`;
    });
    bus.registerEventHandler(Said, ({ data }) => void printed.push(data.text));
    await bus.start();
    await bus.execute(Ask({ text: 'LLMgine' }));

    await bus.stop();

    expect(printed).toEqual(['Hello, LLMgine!']);
  });

  it('6.2 a hundred queued events are all handled', async () => {
    const { bus } = await startBus();
    let handled = 0;
    bus.registerEventHandler(Said, async () => {
      await null;
      handled++;
    });
    for (let index = 0; index < 100; index++) void bus.publish(Said({ text: '' }), unawaited);

    expect(await bus.stop()).toEqual({ dropped: 0, abandoned: 0 });

    expect(handled).toBe(100);
  });

  it('6.2 what running handlers cause is accepted and drained, also in open sessions', async () => {
    const { bus, clock } = await startBus();
    const session = await bus.session(s);
    const opened = gate();
    const seen: string[] = [];
    session.registerEventHandler(Heard, ({ data }) => void seen.push(data.text));
    session.registerEventHandler(SessionEndEvent, () => void seen.push('end'));
    bus.registerEventHandler(Said, async (_event, context) => {
      await opened.promise;
      await context.publish(Heard({ text: 'nested' }, { sessionId: s }));
      await context.publish(Heard({ text: 'queued' }, { sessionId: s }), unawaited);
    });
    const published = bus.publish(Said({ text: '' }));
    const stopping = bus.stop();
    await settle({ clock });

    opened.resolve();

    expect(await published).toMatchObject({ failures: [] });
    expect(await stopping).toEqual({ dropped: 0, abandoned: 0 });
    expect(seen).toEqual(['nested', 'queued', 'end']);
  });

  it('6.2 open sessions are ended, also those that running handlers open meanwhile', async () => {
    const { bus, clock } = await startBus();
    const ended: string[] = [];
    bus.registerEventHandler(SessionEndEvent, ({ data }) => void ended.push(data.sessionId));
    await bus.session(sessionId('before'));
    const opened = gate();
    bus.registerEventHandler(Said, async () => {
      await opened.promise;
      await bus.session(sessionId('meanwhile'));
    });
    void bus.publish(Said({ text: '' }));
    const stopping = bus.stop();
    await settle({ clock });

    opened.resolve();
    await now(stopping, clock);

    expect(ended.toSorted()).toEqual(['before', 'meanwhile']);
    expect(bus.getStats()).toMatchObject({ state: 'stopped', sessions: 0 });
  });

  it('6.2 at the deadline everything is aborted and reported, and nobody is left hanging', async () => {
    const { bus, clock, signals } = await startBus();
    const session = await bus.session(s);
    const aborted: unknown[] = [];
    const stuck = (_message: unknown, context: { signal: AbortSignal }): Promise<never> => {
      context.signal.addEventListener('abort', () => aborted.push(context.signal.reason));
      return forever();
    };
    bus.registerEventHandler(Said, stuck, { name: 'stuck' });
    session.registerCommandHandler(Ask, stuck);
    const all = [
      bus.publish(Said({ text: 'runs' })),
      bus.publish(Said({ text: 'queued' })),
      bus.publish(Said({ text: 'queued' }), unawaited),
      session.publish(Said({ text: 'runs' })),
      session.publish(Said({ text: 'queued' })),
      session.execute(Ask({ text: '' })),
      bus.waitForEvents(),
    ];
    const stopping = bus.stop({ deadlineMs: 100 });
    await clock.advanceAsync(99);
    expect(await now(stopping, clock)).toBe('pending');

    await clock.advanceAsync(1);

    expect(await now(stopping, clock)).toEqual({ dropped: 3, abandoned: 3 });
    expect(await now(Promise.all(all), clock)).toMatchObject([
      {
        status: 'processed',
        failures: [{ handler: 'stuck', error: { cause: expect.any(BusStoppedError) } }],
      },
      { status: 'dropped', reason: 'stopped' },
      { status: 'queued' },
      { status: 'processed', failures: [{ handler: 'stuck' }] },
      { status: 'dropped', reason: 'stopped' },
      { success: false, error: { code: 'LLMGINE_COMMAND_CANCELLED' } },
      undefined,
    ]);
    expect(aborted).toHaveLength(3);
    expect(signals.of('bus.stopped')).toMatchObject([{ dropped: 3, abandoned: 3 }]);
    expect(bus.getStats()).toMatchObject({
      state: 'stopped',
      queueSize: 0,
      inFlight: 0,
      sessions: 0,
    });
  });

  it('6.2 at the deadline the end handlers of open sessions have run, and none keeps the stop', async () => {
    const { bus, clock } = await startBus();
    const session = await bus.session(s);
    let ended = 0;
    session.registerEventHandler(Said, forever);
    session.registerEventHandler(SessionEndEvent, () => {
      ended++;
      return forever();
    });
    void session.publish(Said({ text: '' }));
    const stopping = bus.stop({ deadlineMs: 100 });

    await clock.advanceAsync(100);

    expect(await now(stopping, clock)).not.toBe('pending');
    expect(ended).toBe(1);
    expect(bus.getStats().sessions).toBe(0);
  });

  it('6.2 a failure handler that never settles cannot hold the stop', async () => {
    const { bus, clock } = await startBus();
    bus.registerEventHandler(EventHandlerFailedEvent, forever);
    bus.registerEventHandler(Said, forever);
    void bus.publish(Said({ text: '' }));
    const stopping = bus.stop({ deadlineMs: 100 });

    await clock.advanceAsync(100);

    expect(await now(stopping, clock)).not.toBe('pending');
  });

  it('6.2 the deadline is 5000 ms unless said otherwise', async () => {
    const { bus, clock } = await startBus();
    bus.registerEventHandler(Said, forever);
    void bus.publish(Said({ text: '' }));
    const stopping = bus.stop();

    await clock.advanceAsync(4_999);
    expect(await now(stopping, clock)).toBe('pending');
    await clock.advanceAsync(1);

    expect(await now(stopping, clock)).toMatchObject({ abandoned: 1 });
  });

  it('6.2 observers and the log are flushed, after everything else, and their failures hold nothing up', async () => {
    const steps: string[] = [];
    const { bus } = await startBus({
      eventLog: {
        append: () => {},
        flush: async () => {
          steps.push('log');
          throw new Error('full');
        },
      },
    });
    bus.addObserver({
      observe: ({ type }) => void (type === 'bus.stopped' && steps.push(type)),
      flush: async () => {
        steps.push('observer');
        throw new Error('gone');
      },
    });

    await bus.stop();

    expect(steps).toEqual(['bus.stopped', 'log', 'observer']);
  });

  it('6.2 a log that never answers leaves no publisher hanging', async () => {
    const { bus, clock } = await startBus({ eventLog: { append: forever, flush: forever } });
    bus.registerCommandHandler(Ask, (_command, context) =>
      context.publish(Said({ text: '' })).then(() => ''),
    );
    const all = Promise.all([
      bus.publish(Said({ text: '' })),
      bus.publish(Said({ text: '' }), unawaited),
      bus.execute(Ask({ text: '' })),
    ]);
    const stopping = bus.stop({ deadlineMs: 100 });

    await clock.advanceAsync(100);

    expect(await now(stopping, clock)).not.toBe('pending');
    expect(await now(all, clock)).not.toBe('pending');
  });

  it('6.2 an observer that never finishes flushing is not waited for beyond the deadline', async () => {
    const { bus, clock } = await startBus();
    bus.addObserver({ observe: () => {}, flush: forever });
    const stopping = bus.stop({ deadlineMs: 100 });

    await clock.advanceAsync(100);

    expect(await now(stopping, clock)).toEqual({ dropped: 0, abandoned: 0 });
  });

  it('6.2 called inside a handler it does not wait for that chain', async () => {
    const { bus, clock } = await startBus();
    bus.registerCommandHandler(Ask, async (_command, context) => {
      await context.publish(Said({ text: '' }));
      return 'stopped';
    });
    bus.registerEventHandler(Said, () => bus.stop().then(() => {}));

    expect(await now(bus.execute(Ask({ text: '' })), clock)).toMatchObject({ result: 'stopped' });
    expect(bus.getStats().state).toBe('stopped');
  });

  it('6.2 called inside a handler it waits for the others', async () => {
    const { bus, clock } = await startBus();
    const opened = gate();
    bus.registerEventHandler(Heard, () => opened.promise);
    bus.registerCommandHandler(Ask, () => bus.stop().then(() => 'stopped'));
    void bus.publish(Heard({ text: '' }));
    const executed = bus.execute(Ask({ text: '' }));
    expect(await now(executed, clock)).toBe('pending');

    opened.resolve();

    expect(await now(executed, clock)).toMatchObject({ result: 'stopped' });
  });

  it('6.2 called inside two handlers at once, both return', async () => {
    const { bus, clock } = await startBus();
    const opened = gate();
    bus.registerCommandHandler(Ask, async () => {
      await opened.promise;
      await bus.stop();
      return 'stopped';
    });
    const both = Promise.all([bus.execute(Ask({ text: '' })), bus.execute(Ask({ text: '' }))]);

    opened.resolve();

    expect(await now(both, clock)).toMatchObject([{ result: 'stopped' }, { result: 'stopped' }]);
  });

  it('6.2 called inside a handler of a session, the session is ended by it', async () => {
    const { bus, clock } = await startBus();
    const session = await bus.session(s);
    let ended = 0;
    session.registerEventHandler(SessionEndEvent, () => void ended++);
    session.registerCommandHandler(Ask, () => bus.stop().then(() => 'stopped'));

    expect(await now(session.execute(Ask({ text: '' })), clock)).toMatchObject({
      result: 'stopped',
    });

    expect(ended).toBe(1);
    expect(bus.getStats().sessions).toBe(0);
  });

  it('6.2 a handler that never settles beside one that stopped the bus leaves no publisher hanging', async () => {
    const { bus, clock } = await startBus();
    bus.registerEventHandler(Said, () => bus.stop({ deadlineMs: 100 }).then(() => {}));
    bus.registerEventHandler(Said, forever, { name: 'stuck' });
    const published = bus.publish(Said({ text: '' }));

    await clock.advanceAsync(200);

    expect(await now(published, clock)).toMatchObject({ failures: [{ handler: 'stuck' }] });
  });

  it('6.2 a handler may restart the bus', async () => {
    const { bus, clock } = await startBus();
    bus.registerCommandHandler(Ask, async () => {
      await bus.stop();
      await bus.start();
      return bus.getStats().state;
    });

    expect(await now(bus.execute(Ask({ text: '' })), clock)).toMatchObject({ result: 'running' });
    await clock.advanceAsync(60_000);
    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ status: 'processed' });
  });

  it('6.2 stopping a bus that never ran drops what is queued, with receipts, and lets running commands finish', async () => {
    const { bus, clock, signals } = makeBus();
    const opened = gate();
    bus.registerCommandHandler(Ask, () => opened.promise.then(() => 'finished'));
    const executed = bus.execute(Ask({ text: '' }));
    void bus.publish(Said({ text: '' }));
    const stopping = bus.stop();
    await settle({ clock });

    opened.resolve();

    expect(await now(executed, clock)).toMatchObject({ result: 'finished' });
    expect(await now(stopping, clock)).toEqual({ dropped: 1, abandoned: 0 });
    expect(signals.of('event.dropped')).toMatchObject([{ reason: 'stopped' }]);
  });

  it('6.2 nothing is left behind: no timer, nothing in flight', async () => {
    const { bus, clock } = await startBus();
    bus.registerEventHandler(Said, async () => {}, { timeoutMs: 1_000 });
    await using session = await bus.session();
    await session.publish(Said({ text: '' }));

    await bus.stop();
    await settle({ clock });

    expect(clock.pendingTimers).toBe(0);
    expect(bus.getStats()).toMatchObject({ inFlight: 0, queueSize: 0, sessions: 0 });
  });

  it('6.2 future events without a store stay held and fire after the next start; reset forgets them', async () => {
    const { bus, clock } = await startBus();
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    await bus.publish(Said({ text: '' }, { scheduledAt: clock.now() + 100 }));
    await bus.stop();
    await clock.advanceAsync(1_000);
    expect(handled).toBe(0);

    await bus.start();
    await settle({ clock });
    expect(handled).toBe(1);

    await bus.publish(Said({ text: '' }, { scheduledAt: clock.now() + 100 }));
    await bus.reset();
    bus.registerEventHandler(Said, () => void handled++);
    await bus.start();
    await clock.advanceAsync(1_000);
    expect(handled).toBe(1);
  });

  it('6.2 leaving the scope of await using stops the bus', async () => {
    let bus: MessageBus;
    {
      await using scoped = createMessageBus();
      bus = scoped;
      await bus.start();
    }

    expect(bus.getStats().state).toBe('stopped');
  });
});

describe('6.4 statistics', () => {
  it('6.4 getStats tells state, queue, in flight, scheduled, sessions, handlers by scope, errors and batch', async () => {
    const { bus, clock } = await startBus({ batch: { size: 7 } });
    const session = await bus.session(s);
    bus.registerEventHandler(Said, forever);
    bus.registerCommandHandler(Ask, forever);
    session.registerEventHandler(Heard, () => Promise.reject(new Error('no')));
    await session.publish(Heard({ text: '' }));
    await bus.publish(Said({ text: '' }), unawaited);
    await bus.publish(Said({ text: '' }), unawaited);
    await bus.publish(Said({ text: '' }, { scheduledAt: clock.now() + 1 }));
    void bus.execute(Ask({ text: '' }));
    await settle({ clock });

    expect(bus.getStats()).toEqual({
      state: 'running',
      queueSize: 1,
      inFlight: 2,
      scheduledEvents: 1,
      sessions: 1,
      registeredHandlers: 3,
      handlersByScope: { bus: 2, sessions: 1 },
      eventErrors: 1,
      batch: { size: 7, timeoutMs: 0 },
    });
  });

  it('6.4 getMetrics is asynchronous: a snapshot of the option metrics, empty without it', async () => {
    const { bus } = await startBus();
    const snapshot = { counters: { events: 1 }, gauges: {}, histograms: {} };
    const measured = createMessageBus({ metrics: { observe: () => {}, snapshot: () => snapshot } });

    expect(await bus.getMetrics()).toEqual({ counters: {}, gauges: {}, histograms: {} });
    expect(await measured.getMetrics()).toBe(snapshot);
  });

  it('6.4 the option metrics observes the bus, also after a reset', async () => {
    const seen: string[] = [];
    const { bus } = await startBus({
      metrics: {
        observe: ({ type }) => void seen.push(type),
        snapshot: () => ({ counters: {}, gauges: {}, histograms: {} }),
      },
    });
    await bus.reset();
    seen.length = 0;

    await bus.start();

    expect(seen).toEqual(['bus.started']);
  });
});
