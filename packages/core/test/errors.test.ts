import { describe, expect, it } from 'vitest';
import {
  CommandResultEvent,
  CommandStartedEvent,
  EventHandlerFailedEvent,
  EventHandlersFailedError,
  SessionEndEvent,
  SessionStartEvent,
  sessionId,
} from '../src/index.ts';
import { Ask, forever, gate, Heard, now, Said, settle, startBus, Tell } from './running-bus.ts';

const unawaited = { awaitProcessing: false };
/** A promise that is not native. */
const thenable = (
  then: (resolve: (value: string) => void, reject: (error: Error) => void) => void,
  // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
): object => ({ then });
// oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
const unreadable = Object.defineProperty({}, 'then', { get: () => no() });
const no = (): never => {
  throw new Error('no');
};

describe('failing event handlers', () => {
  it('6.3 a failure is in the receipt, in signals, and in one EventHandlerFailedEvent for all failures of an event', async () => {
    const { bus, signals } = await startBus();
    const told: unknown[] = [];
    bus.registerEventHandler(Said, no, { name: 'a' });
    bus.registerEventHandler(Said, () => Promise.reject(new TypeError('never')), {
      name: 'b',
      priority: 90,
    });
    bus.registerEventHandler(EventHandlerFailedEvent, (event) => void told.push(event));
    const event = Said({ text: '' }, { sessionId: sessionId('s'), correlationId: 'c' });

    const receipt = await bus.publish(event);
    await bus.waitForEvents();

    const failures = [
      { handler: 'a', error: { message: 'no' } },
      { handler: 'b', error: { name: 'TypeError', message: 'never' } },
    ];
    expect(receipt).toMatchObject({ status: 'processed', failures });
    expect(signals.of('event.processed')[0]).toMatchObject({ failures });
    expect(signals.of('handler.finished').map(({ outcome }) => outcome)).toEqual([
      'failed',
      'failed',
      'succeeded',
    ]);
    expect(told).toMatchObject([
      {
        data: { eventType: 'said', eventId: event.id, failures },
        sessionId: 's',
        causationId: event.id,
        correlationId: 'c',
      },
    ]);
  });

  it('6.3 the failure event is published whether the event was awaited, unawaited or nested', async () => {
    const { bus } = await startBus();
    let told = 0;
    bus.registerEventHandler(EventHandlerFailedEvent, () => void told++);
    bus.registerEventHandler(Said, no);
    bus.registerCommandHandler(Ask, (_command, context) =>
      context.publish(Said({ text: '' })).then(() => ''),
    );

    await bus.publish(Said({ text: '' }));
    await bus.publish(Said({ text: '' }), unawaited);
    await bus.execute(Ask({ text: '' }));
    await bus.waitForEvents();

    expect(told).toBe(3);
  });

  it('6.3 a failing handler of EventHandlerFailedEvent makes no other: nothing loops', async () => {
    const { bus, signals } = await startBus();
    let calls = 0;
    bus.registerEventHandler(Said, no);
    bus.registerEventHandler(EventHandlerFailedEvent, () => {
      calls++;
      no();
    });

    await bus.publish(Said({ text: '' }));
    await bus.waitForEvents();

    expect(calls).toBe(1);
    expect(bus.getEventErrors()).toHaveLength(2);
    expect(signals.of('event.published')).toHaveLength(2);
  });

  it("6.3 nothing caused by one of the bus's own events makes another, at any distance", async () => {
    const { bus, clock, signals } = await startBus();
    let calls = 0;
    bus.registerEventHandler(EventHandlerFailedEvent, async (_event, context) => {
      if (++calls > 3) return;
      await context.execute(Ask({ text: '' }));
      await context.publish(Heard({ text: '' }), unawaited);
      await context.publish(Heard({ text: '' }, { scheduledAt: clock.now() + 10 }));
    });
    bus.registerEventHandler(CommandStartedEvent, () => {});
    bus.registerEventHandler(CommandResultEvent, () => {});
    bus.registerCommandHandler(Ask, (_command, context) =>
      context.publish(Said({ text: '' })).then(() => ''),
    );
    bus.registerEventHandler(Said, no);
    bus.registerEventHandler(Heard, no);

    await bus.publish(Said({ text: '' }));
    await bus.waitForEvents();
    await clock.advanceAsync(1_000);
    await bus.waitForEvents();

    const own = signals
      .of('event.published')
      .filter(({ event }) => event.type.startsWith('llmgine.'));
    expect(own.map(({ event }) => event.type)).toEqual([EventHandlerFailedEvent.type]);
    expect(calls).toBe(1);
  });

  it.each([
    ['CommandStartedEvent', CommandStartedEvent],
    ['CommandResultEvent', CommandResultEvent],
  ])('6.3 a handler of %s that executes commands loops nowhere', async (_, definition) => {
    const { bus } = await startBus();
    let calls = 0;
    bus.registerCommandHandler(Ask, () => '');
    bus.registerCommandHandler(Tell, no);
    bus.registerEventHandler(definition, async (_event, context) => {
      calls++;
      await context.execute(Ask({ text: '' }));
      await context.execute(Tell({ text: '' }));
    });

    await bus.execute(Ask({ text: '' }));
    await bus.waitForEvents();

    expect(calls).toBe(1);
  });

  it('6.3 failing handlers of session events loop nowhere and are kept', async () => {
    const { bus } = await startBus();
    let told = 0;
    bus.registerEventHandler(EventHandlerFailedEvent, () => void told++);
    bus.registerEventHandler(SessionStartEvent, no);
    bus.registerEventHandler(SessionEndEvent, no);

    await (await bus.session()).end();
    await bus.waitForEvents();

    expect(told).toBe(0);
    expect(bus.getEventErrors()).toHaveLength(2);
  });

  it('6.3 errors are suppressed by default', async () => {
    const { bus } = await startBus();
    bus.registerEventHandler(Said, no);

    await expect(bus.publish(Said({ text: '' }))).resolves.toMatchObject({ status: 'processed' });
  });

  it('6.3 unsuppressed, the awaited publish rejects with EVENT_HANDLERS_FAILED', async () => {
    const { bus } = await startBus();
    bus.unsuppressEventErrors();
    bus.registerEventHandler(Said, no, { name: 'a' });
    bus.registerEventHandler(Said, () => {});
    bus.registerEventHandler(Said, no, { name: 'b' });

    const rejected = await bus.publish(Said({ text: '' })).catch((thrown: unknown) => thrown);

    expect(rejected).toBeInstanceOf(EventHandlersFailedError);
    expect(rejected).toMatchObject({
      code: 'LLMGINE_EVENT_HANDLERS_FAILED',
      eventType: 'said',
      message: "2 of 3 handlers of 'said' failed: a (no), b (no).",
      failures: [{ handler: 'a' }, { handler: 'b' }],
      cause: { message: 'no' },
    });
  });

  it('6.3 unsuppressed, only the publish of that event rejects: not unrelated, unawaited or later ones', async () => {
    const { bus } = await startBus();
    bus.unsuppressEventErrors();
    const opened = gate();
    bus.registerEventHandler(Said, () => opened.promise.then(no));
    bus.registerEventHandler(Heard, () => opened.promise);

    const settled = Promise.allSettled([
      bus.publish(Said({ text: '' })),
      bus.publish(Heard({ text: '' }, { sessionId: sessionId('s') })),
      bus.publish(Said({ text: '' }), unawaited),
      bus.publish(Heard({ text: '' })),
      bus.waitForEvents(),
    ]);
    opened.resolve();

    expect((await settled).map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
  });

  it('6.3 unsuppressed, a nested awaited publish rejects in the handler that made it', async () => {
    const { bus } = await startBus();
    bus.unsuppressEventErrors();
    bus.registerEventHandler(Heard, no);
    let caught: unknown;
    bus.registerEventHandler(Said, async (_event, context) => {
      await context.publish(Heard({ text: '' })).catch((thrown: unknown) => {
        caught = thrown;
      });
    });

    await expect(bus.publish(Said({ text: '' }))).resolves.toMatchObject({ failures: [] });
    expect(caught).toBeInstanceOf(EventHandlersFailedError);
  });

  it('6.3 what was decided counts when the event settles, and can be taken back', async () => {
    const { bus } = await startBus();
    bus.registerEventHandler(Said, no);
    bus.unsuppressEventErrors();
    await expect(bus.publish(Said({ text: '' }))).rejects.toThrow(EventHandlersFailedError);

    bus.suppressEventErrors();

    await expect(bus.publish(Said({ text: '' }))).resolves.toBeDefined();
  });

  it('6.3 retained failures are bounded, oldest go first, and their being full changes nothing else', async () => {
    const { bus } = await startBus({ errorHistory: 3 });
    let told = 0;
    bus.registerEventHandler(Said, ({ data }) => Promise.reject(new Error(data.text)));
    bus.registerEventHandler(EventHandlerFailedEvent, () => void told++);
    bus.unsuppressEventErrors();

    for (const text of ['a', 'b', 'c', 'd', 'e']) {
      await expect(bus.publish(Said({ text }))).rejects.toThrow(text);
    }
    await bus.waitForEvents();

    expect(bus.getEventErrors().map(({ error }) => error.message)).toEqual(['c', 'd', 'e']);
    expect(bus.getEventErrors()[0]).toMatchObject({
      event: { data: { text: 'c' } },
      at: expect.any(Number),
    });
    expect(bus.getStats().eventErrors).toBe(5);
    expect(told).toBe(5);
  });

  it('6.3 a history of none keeps none', async () => {
    const { bus } = await startBus({ errorHistory: 0 });
    bus.registerEventHandler(Said, no);

    await bus.publish(Said({ text: '' }));

    expect(bus.getEventErrors()).toEqual([]);
    expect(bus.getStats().eventErrors).toBe(1);
  });
});

describe('handlers that misbehave are contained', () => {
  it.each([
    ['a string', 'no', 'no'],
    ['undefined', undefined, 'Thrown value: undefined'],
    ['null', null, 'Thrown value: null'],
    ['an object', { code: 1 }, 'Thrown value: {"code":1}'],
  ])('5 a handler that throws %s fails with an Error that says so', async (_, thrown, message) => {
    const { bus } = await startBus();
    const throwing = (): never => {
      throw thrown;
    };
    bus.registerEventHandler(Said, throwing);
    bus.registerCommandHandler(Ask, throwing);

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({
      failures: [{ error: { message, cause: thrown } }],
    });
    expect(await bus.execute(Ask({ text: '' }))).toMatchObject({
      error: { message, cause: thrown },
    });
  });

  it('5 a handler that throws what cannot even be asked whether it is an Error fails', async () => {
    const { bus } = await startBus();
    const unreadable = (): never => {
      throw new Proxy({}, { getPrototypeOf: no, get: no });
    };
    bus.registerEventHandler(Said, unreadable);
    bus.registerCommandHandler(Ask, unreadable);
    const message = 'A value that is no Error was thrown.';

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({
      failures: [{ error: { message } }],
    });
    expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ error: { message } });
    expect(bus.getStats().inFlight).toBe(0);
  });

  it('5 a handler that throws an Error whose message cannot be read fails, and the bus says so', async () => {
    const { bus } = await startBus();
    const told: unknown[] = [];
    bus.registerEventHandler(EventHandlerFailedEvent, ({ data }) => void told.push(data));
    bus.registerEventHandler(Said, () => {
      throw Object.defineProperty(new Error('a'), 'message', { get: no });
    });

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ status: 'processed' });
    await bus.waitForEvents();

    expect(told).toMatchObject([
      { failures: [{ error: { message: 'An error was thrown that cannot be read.' } }] },
    ]);
  });

  it('5 a handler that rejects after it was given up on crashes nothing', async () => {
    const { bus, clock, signals } = await startBus();
    const late = gate();
    bus.registerEventHandler(Said, () => late.promise, { timeoutMs: 10 });
    bus.registerCommandHandler(Ask, () => late.promise.then(() => ''), { timeoutMs: 10 });
    void bus.publish(Said({ text: '' }));
    void bus.execute(Ask({ text: '' }));
    await clock.advanceAsync(10);

    late.reject(new Error('late'));
    await settle({ clock });

    expect(signals.of('handler.settled-late')).toMatchObject([
      { error: { message: 'late' } },
      { error: { message: 'late' } },
    ]);
  });

  it('5 a handler that never settles holds only its own lane', async () => {
    const { bus, clock } = await startBus();
    bus.registerEventHandler(Said, forever);
    void bus.publish(Said({ text: '' }));

    expect(
      await now(bus.publish(Heard({ text: '' }, { sessionId: sessionId('s') })), clock),
    ).toMatchObject({ status: 'processed' });
  });

  it.each([
    ['throws from then', thenable(no)],
    ['rejects through then', thenable((_, reject) => reject(new Error('no')))],
    ['has a then that cannot be read', unreadable],
  ])('5 a handler whose promise %s fails', async (_, promise) => {
    const { bus, clock } = await startBus();
    bus.registerEventHandler(Said, () => promise as never);
    bus.registerCommandHandler(Tell, () => promise);

    expect(await now(bus.publish(Said({ text: '' })), clock)).toMatchObject({
      failures: [{ error: { message: 'no' } }],
    });
    expect(await now(bus.execute(Tell({ text: '' })), clock)).toMatchObject({
      success: false,
      error: { message: 'no' },
    });
    expect(bus.getStats().inFlight).toBe(0);
  });

  it('5 a promise that is not native is awaited', async () => {
    const { bus } = await startBus();
    bus.registerCommandHandler(Tell, () => thenable((resolve) => resolve('tea')));

    expect(await bus.execute(Tell({ text: '' }))).toMatchObject({ result: 'tea' });
  });
});
