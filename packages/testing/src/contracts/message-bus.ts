import {
  anyEvent,
  defineCommand,
  defineEvent,
  EventHandlerFailedEvent,
  fail,
  ok,
  SessionEndEvent,
  SessionStartEvent,
  sessionId,
  typeOnly,
  type MessageBus,
} from '@llmgine/core';
import { describe, expect, it } from 'vitest';
import type { FakeClock } from '../fake-clock.ts';
import { createRecordedSignals } from '../recorded-signals.ts';
import { openForTest, type UnderTest } from './under-test.ts';

/** A bus that has not been started and refuses no event for lack of room, and the clock it was made with. */
export interface MessageBusUnderTest extends UnderTest {
  readonly bus: MessageBus;
  readonly clock: FakeClock;
}

const Ask = defineCommand('contract.ask', {
  data: typeOnly<{ readonly text: string }>(),
  result: typeOnly<string>(),
});
const Said = defineEvent('contract.said', { data: typeOnly<{ readonly text: string }>() });
const Heard = defineEvent('contract.heard', { data: typeOnly<{ readonly text: string }>() });

const unawaited = { awaitProcessing: false };
const s = sessionId('contract');

type Open = () => MessageBusUnderTest | Promise<MessageBusUnderTest>;

/** Facts that hold for every message bus. */
export function describeMessageBusContract(name: string, open: Open): void {
  describe(`MessageBus: ${name}`, () => {
    describeCommands(open);
    describeEvents(open);
    describeReentrancy(open);
    describeSessions(open);
    describeScheduling(open);
    describeLifecycle(open);
    describeWaysIn(open);
  });
}

/** A bus that runs, and is stopped when the test is over. */
async function started(open: Open): Promise<MessageBusUnderTest> {
  const opened = await openForTest(async () => {
    const { bus, clock, close } = await open();
    return {
      bus,
      clock,
      async close() {
        const stopped = bus.stop({ deadlineMs: 0 });
        await clock.advanceAsync(1);
        await stopped;
        await close?.();
      },
    };
  });
  await opened.bus.start();
  return opened;
}

/** What a promise has come to without time passing. */
async function now<T>(promise: Promise<T>, clock: FakeClock): Promise<T | 'pending'> {
  await clock.advanceAsync(0);
  return Promise.race([promise, Promise.resolve('pending' as const)]);
}

function forever(): Promise<never> {
  return new Promise(() => {});
}

function describeCommands(open: Open): void {
  it("2.1 the session's handler wins over the bus's, and a second one in a scope is refused", async () => {
    const { bus } = await started(open);
    bus.registerCommandHandler(Ask, () => 'bus');
    bus.registerCommandHandler(Ask, () => 'session', { sessionId: s });

    expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ result: 'bus' });
    expect(await bus.execute(Ask({ text: '' }, { sessionId: s }))).toMatchObject({
      result: 'session',
    });
    expect(() => bus.registerCommandHandler(Ask, () => '')).toThrow(
      expect.objectContaining({ code: 'LLMGINE_DUPLICATE_COMMAND_HANDLER' }),
    );
  });

  it('2.2 execute resolves to a result with the id of the command: a value, or an error', async () => {
    const { bus } = await started(open);
    const [unhandled, asked] = [Ask({ text: '' }), Ask({ text: 'a' })];

    expect(await bus.execute(unhandled)).toMatchObject({
      success: false,
      commandId: unhandled.id,
      error: { code: 'LLMGINE_NO_COMMAND_HANDLER' },
    });
    bus.registerCommandHandler(Ask, ({ data }) => ok(data.text.toUpperCase()));

    expect(await bus.execute(asked)).toMatchObject({
      success: true,
      result: 'A',
      commandId: asked.id,
    });
  });

  it('2.3 fail(error) is a failed result that keeps the error', async () => {
    const { bus, clock } = await started(open);
    const error = new RangeError('no');
    bus.registerCommandHandler(Ask, () => fail(error));
    const executed = bus.execute(Ask({ text: '' }));

    await clock.advanceAsync(600_000);

    expect(await now(executed, clock)).toMatchObject({ success: false, error });
  });

  it('2.5 a deadline settles a command that ignores its signal', async () => {
    const { bus, clock } = await started(open);
    let signal: AbortSignal | undefined;
    bus.registerCommandHandler(Ask, (_command, context) => {
      ({ signal } = context);
      return forever();
    });
    const executed = bus.execute(Ask({ text: '' }), { timeoutMs: 50 });

    await clock.advanceAsync(50);

    expect(await now(executed, clock)).toMatchObject({
      success: false,
      error: { code: 'LLMGINE_COMMAND_TIMEOUT' },
    });
    expect(signal?.aborted).toBe(true);
  });

  it('2.5 the caller cancels at once, with the reason', async () => {
    const { bus, clock } = await started(open);
    bus.registerCommandHandler(Ask, forever);
    const caller = new AbortController();
    const executed = bus.execute(Ask({ text: '' }), { signal: caller.signal });

    caller.abort('changed my mind');

    expect(await now(executed, clock)).toMatchObject({
      error: { code: 'LLMGINE_COMMAND_CANCELLED', reason: 'changed my mind' },
    });
  });
}

function describeEvents(open: Open): void {
  it('3.1 groups run by ascending priority; one failure stops no other', async () => {
    const { bus } = await started(open);
    const ran: string[] = [];
    bus.registerEventHandler(Said, () => void ran.push('last'), { priority: 90 });
    bus.registerEventHandler(Said, () => Promise.reject(new Error('no')), { name: 'failing' });
    bus.registerEventHandler(Said, () => void ran.push('first'), { priority: 10 });

    const receipt = await bus.publish(Said({ text: '' }));

    expect(ran).toEqual(['first', 'last']);
    expect(receipt).toMatchObject({ status: 'processed', failures: [{ handler: 'failing' }] });
  });

  it('3.3 an unawaited publish resolves when the event is accepted', async () => {
    const { bus, clock } = await started(open);
    bus.registerEventHandler(Said, forever);

    expect(await now(bus.publish(Said({ text: '' }), unawaited), clock)).toEqual({
      status: 'queued',
    });
  });

  it('3.4 waitForEvents waits for what was accepted and what that causes', async () => {
    const { bus } = await started(open);
    const seen: string[] = [];
    bus.registerEventHandler(Said, async (_event, context) => {
      await null;
      await context.publish(Heard({ text: 'caused' }), unawaited);
    });
    bus.registerEventHandler(Heard, async ({ data }) => {
      await null;
      seen.push(data.text);
    });
    await bus.publish(Said({ text: '' }), unawaited);

    await bus.waitForEvents();

    expect(seen).toEqual(['caused']);
  });

  it('3.5 a lane keeps its order; lanes run side by side', async () => {
    const { bus, clock } = await started(open);
    const seen: string[] = [];
    bus.registerEventHandler(Said, ({ data, sessionId: lane }) => {
      seen.push(`${lane} ${data.text}`);
      return data.text === 'stuck' ? forever() : undefined;
    });
    for (const text of ['1', '2', 'stuck', '3']) {
      void bus.publish(Said({ text }, { sessionId: s }), unawaited);
    }
    void bus.publish(Said({ text: '1' }), unawaited);
    await clock.advanceAsync(0);

    expect(seen.filter((each) => each.startsWith(s))).toEqual([`${s} 1`, `${s} 2`, `${s} stuck`]);
    expect(seen).toContain('BUS 1');
    expect(bus.getStats().queueSize).toBe(1);
  });

  it('3.9 anyEvent sees every event of its scope', async () => {
    const { bus } = await started(open);
    const seen: string[] = [];
    bus.registerEventHandler(anyEvent, ({ type }) => void seen.push(type));

    await bus.publish(Said({ text: '' }));
    await bus.publish(Heard({ text: '' }, { sessionId: s }));

    expect(seen).toEqual([Said.type, Heard.type]);
  });

  it('6.3 a failing handler makes one failure event, and a failing handler of that makes none', async () => {
    const { bus } = await started(open);
    let told = 0;
    bus.registerEventHandler(Said, () => Promise.reject(new Error('no')));
    bus.registerEventHandler(EventHandlerFailedEvent, () => {
      told++;
      throw new Error('no');
    });

    await bus.publish(Said({ text: '' }));
    await bus.waitForEvents();

    expect(told).toBe(1);
  });

  it('6.3 unsuppressed errors reject the awaited publish of that event', async () => {
    const { bus } = await started(open);
    bus.registerEventHandler(Said, () => Promise.reject(new Error('no')));
    bus.unsuppressEventErrors();

    await expect(bus.publish(Said({ text: '' }))).rejects.toMatchObject({
      code: 'LLMGINE_EVENT_HANDLERS_FAILED',
    });
    await expect(bus.publish(Heard({ text: '' }))).resolves.toMatchObject({ status: 'processed' });
  });
}

function describeReentrancy(open: Open): void {
  it('3.6 awaited publishes and executes nest to 32 levels without a deadlock', async () => {
    const { bus, clock } = await started(open);
    let deepest = 0;
    const Level = defineEvent('contract.level', { data: typeOnly<{ readonly depth: number }>() });
    bus.registerEventHandler(Level, async ({ data: { depth } }, context) => {
      deepest = Math.max(deepest, depth);
      await context.publish(Level({ depth: depth + 1 })).catch(() => {});
    });

    expect(await now(bus.publish(Level({ depth: 1 })), clock)).toMatchObject({ failures: [] });
    expect(deepest).toBe(32);
  });

  it('3.6 a command handler may await events of its own session, and these may await commands', async () => {
    const { bus, clock } = await started(open);
    const session = await bus.session(s);
    session.registerCommandHandler(Ask, async ({ data }, context) => {
      if (data.text === 'inner') return 'inner';
      await context.publish(Said({ text: '' }));
      return 'outer';
    });
    session.registerEventHandler(Said, async (_event, context) => {
      await context.execute(Ask({ text: 'inner' }));
    });

    expect(await now(session.execute(Ask({ text: 'outer' })), clock)).toMatchObject({
      result: 'outer',
    });
  });

  it('1.3 what a handler sends is caused by its message and stays in its session', async () => {
    const { bus } = await started(open);
    const seen: unknown[] = [];
    bus.registerEventHandler(Said, async (_event, context) => {
      await context.publish(Heard({ text: '' }));
    });
    bus.registerEventHandler(Heard, (event) => void seen.push(event));
    const root = Said({ text: '' }, { sessionId: s });

    await bus.publish(root);

    expect(seen).toMatchObject([
      { sessionId: s, causationId: root.id, correlationId: root.correlationId },
    ]);
  });
}

function describeSessions(open: Open): void {
  it('4.1, 4.2 a session starts and ends with its events, and its handlers go with it', async () => {
    const { bus } = await started(open);
    const seen: string[] = [];
    for (const definition of [SessionStartEvent, SessionEndEvent]) {
      bus.registerEventHandler(definition, ({ type }) => void seen.push(type));
    }
    const session = await bus.session(s);
    session.registerEventHandler(Said, () => void seen.push('said'));
    session.registerEventHandler(SessionEndEvent, () => void seen.push('own end'));
    void session.publish(Said({ text: '' }), unawaited);

    await session.end();

    expect(seen).toEqual([SessionStartEvent.type, 'said', SessionEndEvent.type, 'own end']);
    expect(bus.getStats()).toMatchObject({
      sessions: 0,
      handlersByScope: { bus: 2, sessions: 0 },
    });
    await expect(session.publish(Said({ text: '' }))).rejects.toMatchObject({
      code: 'LLMGINE_SESSION_ENDED',
    });
  });

  it('4.2 at its deadline a session leaves behind what never ends', async () => {
    const { bus, clock } = await started(open);
    const session = await bus.session(s);
    session.registerEventHandler(Said, forever);
    const [running, queued] = ['', ''].map((text) => session.publish(Said({ text })));
    const ended = session.end(undefined, { deadlineMs: 50 });

    await clock.advanceAsync(50);

    expect(await now(ended, clock)).toBeUndefined();
    expect(await now(running!, clock)).toMatchObject({ status: 'processed' });
    expect(await now(queued!, clock)).toMatchObject({ status: 'dropped' });
  });
}

function describeScheduling(open: Open): void {
  it('5.1, 5.2 future events wait for their instant, and can be moved and cancelled', async () => {
    const { bus, clock } = await started(open);
    const seen: string[] = [];
    bus.registerEventHandler(Said, ({ data }) => void seen.push(data.text));
    const start = clock.now();
    const [kept, moved, cancelled] = ['kept', 'moved', 'cancelled'].map((text) =>
      Said({ text }, { scheduledAt: start + 100 }),
    );
    for (const event of [kept!, moved!, cancelled!]) {
      expect(await bus.publish(event)).toEqual({ status: 'scheduled', scheduledAt: start + 100 });
    }
    expect(await bus.reschedule(moved!.id, start + 50)).toBe(true);
    expect(await bus.cancelScheduled(cancelled!.id)).toBe(true);

    await clock.advanceAsync(200);

    expect(seen).toEqual(['moved', 'kept']);
  });
}

function describeLifecycle(open: Open): void {
  it('6.1 before start events queue and commands work', async () => {
    const { bus, clock } = await openForTest(open);
    let handled = 0;
    bus.registerEventHandler(Said, () => void handled++);
    bus.registerCommandHandler(Ask, () => 'works');

    expect(await now(bus.publish(Said({ text: '' })), clock)).toEqual({ status: 'queued' });
    expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ result: 'works' });
    expect(handled).toBe(0);
    await bus.start();
    await bus.waitForEvents();
    await bus.stop();

    expect(handled).toBe(1);
  });

  it('6.2 stop drains, refuses outside calls, and a stopped bus starts again', async () => {
    const { bus } = await started(open);
    let handled = 0;
    bus.registerEventHandler(Said, async () => {
      await null;
      handled++;
    });
    for (let index = 0; index < 20; index++) void bus.publish(Said({ text: '' }), unawaited);

    expect(await bus.stop()).toEqual({ dropped: 0, abandoned: 0 });
    expect(handled).toBe(20);
    await expect(bus.publish(Said({ text: '' }))).rejects.toMatchObject({
      code: 'LLMGINE_BUS_STOPPED',
    });
    await bus.start();

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ status: 'processed' });
  });

  it('6.2 at its deadline nobody is left hanging', async () => {
    const { bus, clock } = await started(open);
    bus.registerEventHandler(Said, forever);
    bus.registerCommandHandler(Ask, forever);
    const all = Promise.all([
      bus.publish(Said({ text: '' })),
      bus.publish(Said({ text: '' })),
      bus.execute(Ask({ text: '' })),
      bus.waitForEvents(),
    ]);
    const stopped = bus.stop({ deadlineMs: 50 });

    await clock.advanceAsync(50);

    expect(await now(stopped, clock)).toMatchObject({ dropped: 1, abandoned: 2 });
    expect(await now(all, clock)).toMatchObject([
      { status: 'processed' },
      { status: 'dropped', reason: 'stopped' },
      { success: false },
      undefined,
    ]);
  });

  it('6.1 reset forgets handlers, filters, middleware and observers', async () => {
    const { bus } = await started(open);
    const signals = createRecordedSignals();
    bus.addObserver(signals);
    bus.addEventFilter({ name: 'none', accepts: () => false });
    bus.registerEventHandler(Said, () => {});
    await bus.reset();
    const seen = signals.all.length;
    await bus.start();

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ status: 'processed' });
    expect(bus.getStats().registeredHandlers).toBe(0);
    expect(signals.all).toHaveLength(seen);
  });
}

function describeWaysIn(open: Open): void {
  it('7 a filter refuses before the queue, and the receipt names it', async () => {
    const { bus } = await started(open);
    bus.addEventFilter({ name: 'no heard', accepts: ({ type }) => type !== Heard.type });

    expect(await bus.publish(Heard({ text: '' }))).toEqual({
      status: 'filtered',
      filter: 'no heard',
    });
    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ status: 'processed' });
  });

  it('8 middleware wraps commands and handlers, first added outermost', async () => {
    const { bus } = await started(open);
    const steps: string[] = [];
    for (const name of ['outer', 'inner']) {
      bus.addCommandMiddleware({
        name,
        aroundCommand: (_call, next) => (steps.push(name), next()),
      });
      bus.addEventMiddleware({ name, aroundEvent: (_call, next) => (steps.push(name), next()) });
    }
    bus.registerCommandHandler(Ask, () => '');
    bus.registerEventHandler(Said, () => {});

    await bus.execute(Ask({ text: '' }));
    await bus.publish(Said({ text: '' }));

    expect(steps).toEqual(['outer', 'inner', 'outer', 'inner']);
  });

  it('2.4 observers see commands and events begin and end', async () => {
    const { bus } = await started(open);
    const signals = createRecordedSignals();
    bus.addObserver(signals);
    bus.registerCommandHandler(Ask, () => '');

    await bus.execute(Ask({ text: '' }));
    await bus.publish(Said({ text: '' }));

    expect(signals.types()).toEqual(
      expect.arrayContaining([
        'command.started',
        'command.completed',
        'event.published',
        'event.queued',
        'event.processed',
      ]),
    );
  });
}
