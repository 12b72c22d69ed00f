import { describe, expect, it } from 'vitest';
import {
  anyEvent,
  EventHandlerFailedEvent,
  HandlerPriority,
  HandlerTimeoutError,
  sessionId,
  type EventMessage,
} from '../src/index.ts';
import { Ask, forever, gate, Heard, makeBus, now, Said, settle, startBus } from './running-bus.ts';

const s = sessionId('s');
const unawaited = { awaitProcessing: false };

describe('events', () => {
  describe('3.1 which handlers run, and when', () => {
    it("3.1 all bus handlers and those of the event's session run, no others", async () => {
      const { bus } = await startBus();
      const ran: string[] = [];
      bus.registerEventHandler(Said, () => void ran.push('bus 1'));
      bus.registerEventHandler(Said, () => void ran.push('s'), { sessionId: s });
      bus.registerEventHandler(Said, () => void ran.push('other'), { sessionId: sessionId('o') });
      bus.registerEventHandler(Said, () => void ran.push('bus 2'));
      bus.registerEventHandler(Heard, () => void ran.push('heard'));

      await bus.publish(Said({ text: '' }, { sessionId: s }));
      await bus.publish(Said({ text: '' }));

      expect(ran).toEqual(['bus 1', 's', 'bus 2', 'bus 1', 'bus 2']);
    });

    it('3.1 an event nobody handles is processed', async () => {
      const { bus } = await startBus();

      expect(await bus.publish(Said({ text: '' }))).toEqual({ status: 'processed', failures: [] });
    });

    it('3.1 groups run by ascending priority, any number allowed', async () => {
      const { bus } = await startBus();
      const ran: number[] = [];
      const { HIGHEST, HIGH, NORMAL, LOW, LOWEST } = HandlerPriority;
      for (const priority of [LOWEST, NORMAL, -7, HIGH, 50.5, LOW, HIGHEST]) {
        bus.registerEventHandler(Said, () => void ran.push(priority), { priority });
      }
      bus.registerEventHandler(Said, () => void ran.push(50), {});

      await bus.publish(Said({ text: '' }));

      expect(ran).toEqual([-7, 0, 10, 50, 50, 50.5, 90, 100]);
    });

    it('3.1 bus and session handlers of one priority are one group, in order of registration', async () => {
      const { bus } = await startBus();
      const ran: string[] = [];
      bus.registerEventHandler(Said, () => void ran.push('s low'), { sessionId: s, priority: 90 });
      bus.registerEventHandler(Said, () => void ran.push('s'), { sessionId: s });
      bus.registerEventHandler(Said, () => void ran.push('bus'));
      bus.registerEventHandler(Said, () => void ran.push('s high'), { sessionId: s, priority: 1 });

      await bus.publish(Said({ text: '' }, { sessionId: s }));

      expect(ran).toEqual(['s high', 's', 'bus', 's low']);
    });

    it('3.1 a group starts when the one before has settled; inside a group all start together', async () => {
      const { bus, clock } = await startBus();
      const ran: string[] = [];
      const [one, two] = [gate(), gate()];
      const wait = (name: string, opened: PromiseWithResolvers<void>) => async () => {
        ran.push(name);
        await opened.promise;
      };
      bus.registerEventHandler(Said, wait('first 1', one), { priority: 1 });
      bus.registerEventHandler(Said, wait('first 2', two), { priority: 1 });
      bus.registerEventHandler(Said, () => void ran.push('second'), { priority: 2 });
      const published = bus.publish(Said({ text: '' }));
      await settle({ clock });
      expect(ran).toEqual(['first 1', 'first 2']);

      one.resolve();
      await settle({ clock });
      expect(ran).toEqual(['first 1', 'first 2']);
      two.resolve();
      await published;

      expect(ran).toEqual(['first 1', 'first 2', 'second']);
    });

    it("3.1 one handler's failure stops no other, in its group or after it", async () => {
      const { bus } = await startBus();
      const ran: string[] = [];
      bus.registerEventHandler(
        Said,
        () => {
          throw new Error('at once');
        },
        { name: 'a' },
      );
      bus.registerEventHandler(Said, () => Promise.reject(new Error('later')), { name: 'b' });
      bus.registerEventHandler(Said, () => void ran.push('same group'));
      bus.registerEventHandler(Said, () => void ran.push('next group'), { priority: 60 });

      const receipt = await bus.publish(Said({ text: '' }));

      expect(ran).toEqual(['same group', 'next group']);
      expect(receipt).toMatchObject({
        status: 'processed',
        failures: [
          { handler: 'a', error: { message: 'at once' } },
          { handler: 'b', error: { message: 'later' } },
        ],
      });
    });

    it('3.1 a handler beyond its timeoutMs counts as failed, the lane goes on, the late outcome is a signal', async () => {
      const { bus, clock, signals } = await startBus();
      const ran: string[] = [];
      const slow = gate();
      let signal: AbortSignal | undefined;
      bus.registerEventHandler(
        Said,
        (event, context) => {
          if (event.data.text !== 'first') return;
          ({ signal } = context);
          return slow.promise;
        },
        { timeoutMs: 50, name: 'slow' },
      );
      bus.registerEventHandler(Said, ({ data }) => void ran.push(data.text), { priority: 60 });
      const first = bus.publish(Said({ text: 'first' }));
      const second = bus.publish(Said({ text: 'second' }));
      await clock.advanceAsync(49);
      expect(ran).toEqual([]);

      await clock.advanceAsync(1);

      expect(signal?.reason).toBeInstanceOf(HandlerTimeoutError);
      expect(await first).toMatchObject({
        failures: [{ handler: 'slow', error: signal?.reason }],
      });
      expect(await second).toMatchObject({ failures: [] });
      expect(ran).toEqual(['first', 'second']);
      slow.resolve();
      await settle({ clock });
      expect(signals.of('handler.settled-late')).toMatchObject([{ handler: 'slow' }]);
    });

    it('3.1 handlers that are registered or disposed while an event is dispatched count from the next event on', async () => {
      const { bus } = await startBus();
      const ran: string[] = [];
      const late: Disposable = bus.registerEventHandler(Said, () => void ran.push('late'), {
        priority: 90,
      });
      bus.registerEventHandler(Said, () => {
        ran.push('early');
        late[Symbol.dispose]();
        bus.registerEventHandler(Said, () => void ran.push('new'), { priority: 95 });
      });

      await bus.publish(Said({ text: '' }));
      await bus.publish(Said({ text: '' }));

      expect(ran).toEqual(['early', 'late', 'early', 'new']);
    });
  });

  describe('3.2 an awaited publish', () => {
    it("3.2 resolves when that event's handlers have settled, not when the queue is empty", async () => {
      const { bus, clock } = await startBus();
      bus.registerEventHandler(Heard, forever);
      await bus.publish(Heard({ text: '' }), unawaited);

      const receipt = await now(bus.publish(Said({ text: '' }, { sessionId: s })), clock);

      expect(receipt).toEqual({ status: 'processed', failures: [] });
    });

    it('3.2 does not resolve before', async () => {
      const { bus, clock } = await startBus();
      const opened = gate();
      bus.registerEventHandler(Said, () => opened.promise);
      const published = bus.publish(Said({ text: '' }));
      expect(await now(published, clock)).toBe('pending');

      opened.resolve();

      expect(await published).toMatchObject({ status: 'processed' });
    });

    it('3.2 a future event held elsewhere delays nobody', async () => {
      const { bus, clock } = await startBus();
      await bus.publish(Said({ text: '' }, { scheduledAt: clock.now() + 2_000 }));

      expect(await now(bus.publish(Said({ text: '' })), clock)).toMatchObject({
        status: 'processed',
      });
      expect(await now(bus.waitForEvents(), clock)).toBeUndefined();
    });
  });

  describe('3.3 an unawaited publish', () => {
    it('3.3 resolves when the event is accepted', async () => {
      const { bus, clock } = await startBus();
      bus.registerEventHandler(Said, forever);

      expect(await now(bus.publish(Said({ text: '' }), unawaited), clock)).toEqual({
        status: 'queued',
      });
    });

    it('3.3 or refused, and the receipt says by which filter', async () => {
      const { bus, signals } = await startBus();
      let calls = 0;
      bus.addEventFilter({ name: 'none', accepts: () => false });
      bus.registerEventHandler(Said, () => void calls++);

      const receipts = [
        await bus.publish(Said({ text: '' }), unawaited),
        await bus.publish(Said({ text: '' })),
      ];

      expect(receipts).toEqual([
        { status: 'filtered', filter: 'none' },
        { status: 'filtered', filter: 'none' },
      ]);
      expect(calls).toBe(0);
      expect(signals.of('event.filtered')).toHaveLength(2);
    });
  });

  describe('3.4 waitForEvents', () => {
    it('3.4 resolves when what was accepted before the call has settled, with everything published inside', async () => {
      const { bus, clock } = await startBus();
      const [outer, inner] = [gate(), gate()];
      bus.registerEventHandler(Said, async (_event, context) => {
        await outer.promise;
        await context.publish(Heard({ text: '' }), unawaited);
      });
      bus.registerEventHandler(Heard, () => inner.promise);
      await bus.publish(Said({ text: '' }), unawaited);
      const waited = bus.waitForEvents();
      expect(await now(waited, clock)).toBe('pending');

      outer.resolve();
      expect(await now(waited, clock)).toBe('pending');
      inner.resolve();

      expect(await now(waited, clock)).toBeUndefined();
    });

    it('3.4 what is published later is not waited for', async () => {
      const { bus, clock } = await startBus();
      const first = gate();
      bus.registerEventHandler(Said, ({ data }) => (data.text === '' ? first.promise : forever()));
      await bus.publish(Said({ text: '' }), unawaited);
      const waited = bus.waitForEvents();

      await bus.publish(Said({ text: 'never' }), unawaited);
      first.resolve();

      expect(await now(waited, clock)).toBeUndefined();
    });

    it('3.4 commands and future events are not waited for', async () => {
      const { bus, clock } = await startBus();
      bus.registerCommandHandler(Ask, forever);
      void bus.execute(Ask({ text: '' }));
      await bus.publish(Said({ text: '' }, { scheduledAt: clock.now() + 1_000 }));

      expect(await now(bus.waitForEvents(), clock)).toBeUndefined();
    });

    it('3.4 inside an event handler it throws WAIT_INSIDE_HANDLER', async () => {
      const { bus } = await startBus();
      bus.registerEventHandler(Said, () => bus.waitForEvents(), { name: 'waiter' });

      const receipt = await bus.publish(Said({ text: '' }));

      expect(receipt).toMatchObject({
        failures: [{ error: { code: 'LLMGINE_WAIT_INSIDE_HANDLER', messageType: 'said' } }],
      });
    });

    it('3.4 inside a command handler it throws WAIT_INSIDE_HANDLER', async () => {
      const { bus } = await startBus();
      bus.registerCommandHandler(Ask, () => bus.waitForEvents().then(() => ''));

      expect(await bus.execute(Ask({ text: '' }))).toMatchObject({
        error: { code: 'LLMGINE_WAIT_INSIDE_HANDLER' },
      });
    });

    it('3.4 on an empty bus it resolves at once', async () => {
      const { bus, clock } = await startBus();

      expect(await now(bus.waitForEvents(), clock)).toBeUndefined();
      expect(await now(bus.waitForEvents(), clock)).toBeUndefined();
    });
  });

  describe('3.8 batches', () => {
    it('3.8 by default a batch adds no latency', async () => {
      const { bus, clock } = await startBus();

      expect(bus.getStats().batch).toEqual({ size: 256, timeoutMs: 0 });
      expect(await now(bus.publish(Said({ text: '' })), clock)).toMatchObject({
        status: 'processed',
      });
    });

    it('3.8 timeoutMs lets a batch fill; a full one goes at once', async () => {
      const { bus, clock } = await startBus();
      let handled = 0;
      bus.registerEventHandler(Said, () => void handled++);
      bus.setBatchProcessing({ size: 3, timeoutMs: 10 });
      await settle({ clock });

      await bus.publish(Said({ text: '' }), unawaited);
      await bus.publish(Said({ text: '' }), unawaited);
      await clock.advanceAsync(9);
      expect(handled).toBe(0);
      await bus.publish(Said({ text: '' }), unawaited);
      await settle({ clock });
      expect(handled).toBe(3);

      await bus.publish(Said({ text: '' }), unawaited);
      await clock.advanceAsync(9);
      expect(handled).toBe(3);
      await clock.advanceAsync(1);
      expect(handled).toBe(4);
    });

    it('3.8 waitForEvents and stop wait for no batch to fill', async () => {
      const { bus, clock } = await startBus({ batch: { size: 100, timeoutMs: 60_000 } });
      let handled = 0;
      bus.registerEventHandler(Said, () => void handled++);

      await bus.publish(Said({ text: '' }), unawaited);
      expect(await now(bus.waitForEvents(), clock)).toBeUndefined();
      await bus.publish(Said({ text: '' }), unawaited);
      expect(await now(bus.stop(), clock)).toEqual({ dropped: 0, abandoned: 0 });

      expect(handled).toBe(2);
    });

    it('3.8 what handlers cause while the bus stops waits for no batch either', async () => {
      const { bus, clock } = await startBus({ batch: { size: 100, timeoutMs: 60_000 } });
      let heard = 0;
      bus.registerEventHandler(Said, async (_event, context) => {
        await context.publish(Heard({ text: '' }), unawaited);
      });
      bus.registerEventHandler(Heard, () => void heard++);
      await bus.publish(Said({ text: '' }), unawaited);

      expect(await now(bus.stop({ deadlineMs: 1_000 }), clock)).toEqual({
        dropped: 0,
        abandoned: 0,
      });
      expect(heard).toBe(1);
    });

    it('3.8 a flood of events lets I/O through after 256 of them', async () => {
      const { bus } = await startBus();
      let handled = 0;
      bus.registerEventHandler(Said, () => void handled++);
      for (let index = 0; index < 10_000; index++) void bus.publish(Said({ text: '' }), unawaited);

      const handledAtTurn = await new Promise<number>((resolve) =>
        setImmediate(() => resolve(handled)),
      );

      expect(handledAtTurn).toBeLessThanOrEqual(256);
      await bus.waitForEvents();
      expect(handled).toBe(10_000);
    });

    it('3.8 awaited publishes in a tight loop let I/O through too', async () => {
      const { bus } = await startBus();
      let published = 0;
      const turned = new Promise<number>((resolve) => setImmediate(() => resolve(published)));
      for (; published < 2_000; published++) await bus.publish(Said({ text: '' }));

      expect(await turned).toBeLessThanOrEqual(257);
    });

    it('3.8 so do awaited publishes in a tight loop inside a handler', async () => {
      const { bus } = await startBus();
      let published = 0;
      bus.registerEventHandler(Said, async (_event, context) => {
        for (; published < 2_000; published++) await context.publish(Heard({ text: '' }));
      });
      const turned = new Promise<number>((resolve) => setImmediate(() => resolve(published)));

      await bus.publish(Said({ text: '' }));

      expect(await turned).toBeLessThanOrEqual(257);
    });
  });

  describe('3.9 anyEvent', () => {
    it('3.9 sees every event of its scope, among the handlers of each by priority', async () => {
      const { bus } = await startBus();
      const ran: string[] = [];
      const note = (who: string) => (event: EventMessage) => void ran.push(`${who}:${event.type}`);
      bus.registerEventHandler(Said, note('said'));
      bus.registerEventHandler(anyEvent, note('any'), { priority: 10 });
      bus.registerEventHandler(anyEvent, note('any of s'), { sessionId: s, priority: 20 });

      await bus.publish(Said({ text: '' }));
      await bus.publish(Heard({ text: '' }, { sessionId: s }));
      await bus.publish(Said({ text: '' }, { sessionId: s }));

      expect(ran).toEqual([
        'any:said',
        'said:said',
        'any:heard',
        'any of s:heard',
        'any:said',
        'any of s:said',
        'said:said',
      ]);
    });

    it('3.9 is forgotten when disposed', async () => {
      const { bus } = await startBus();
      let calls = 0;
      const registration = bus.registerEventHandler(anyEvent, () => void calls++);
      await bus.publish(Said({ text: '' }));

      registration[Symbol.dispose]();
      await bus.publish(Said({ text: '' }));
      await bus.publish(Heard({ text: '' }));

      expect(calls).toBe(1);
    });

    it('3.9 sees the failures of others, and its own failure loops nowhere', async () => {
      const { bus } = await startBus();
      const seen: string[] = [];
      bus.registerEventHandler(anyEvent, (event) => {
        seen.push(event.type);
        throw new Error('any');
      });

      await bus.publish(Said({ text: '' }));
      await bus.waitForEvents();

      expect(seen).toEqual(['said', EventHandlerFailedEvent.type]);
    });
  });

  it('an unawaited publish before start is handled after it, in order', async () => {
    const { bus } = makeBus();
    const seen: string[] = [];
    bus.registerEventHandler(Said, ({ data }) => void seen.push(data.text));
    for (const text of ['a', 'b', 'c']) void bus.publish(Said({ text }));

    await bus.start();
    await bus.waitForEvents();

    expect(seen).toEqual(['a', 'b', 'c']);
  });
});
