import { describe, expect, it } from 'vitest';
import {
  createBusSession,
  EventHandlerFailedEvent,
  SessionEndedError,
  SessionEndEvent,
  SessionOpenError,
  SessionStartEvent,
  sessionId,
} from '../src/index.ts';
import {
  Ask,
  forever,
  gate,
  Heard,
  makeBus,
  now,
  Said,
  settle,
  startBus,
  Tell,
} from './running-bus.ts';

const s = sessionId('s');
const unawaited = { awaitProcessing: false };
const ended = { code: 'LLMGINE_SESSION_ENDED', sessionId: 's' };

describe('sessions', () => {
  describe('4.1 opening', () => {
    it('4.1 publishes SessionStartEvent and waits for its handlers', async () => {
      const { bus, clock, signals } = await startBus();
      const opened = gate();
      const seen: unknown[] = [];
      bus.registerEventHandler(SessionStartEvent, async (event) => {
        await opened.promise;
        seen.push([event.data.sessionId, event.sessionId]);
      });
      const opening = bus.session(s);
      expect(await now(opening, clock)).toBe('pending');

      opened.resolve();
      await opening;

      expect(seen).toEqual([['s', 's']]);
      expect(signals.of('session.started')).toMatchObject([{ sessionId: 's' }]);
      expect(bus.getStats().sessions).toBe(1);
    });

    it('4.1 without an id it makes one', async () => {
      const { bus } = await startBus();

      const [one, other] = [await bus.session(), await createBusSession(bus)];

      expect(one.sessionId).not.toBe(other.sessionId);
      expect(one.sessionId).toMatch(/^[0-9a-f-]{36}$/);
    });

    it('4.1 createBusSession is the same, with an id if wanted', async () => {
      const { bus } = await startBus();

      const session = await createBusSession(bus, s);

      expect(session.sessionId).toBe(s);
    });

    it('4.1 registration, publish and execute carry its id', async () => {
      const { bus } = await startBus();
      const session = await bus.session(s);
      const seen: string[] = [];
      session.registerEventHandler(Said, (event) => void seen.push(event.sessionId));
      session.registerCommandHandler(Ask, (command) => command.sessionId);

      await session.publish(Said({ text: '' }));
      await bus.publish(Said({ text: '' }));

      expect(seen).toEqual(['s']);
      expect(await session.execute(Ask({ text: '' }))).toMatchObject({ result: 's' });
      expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ success: false });
    });

    it('4.1 registration carries its id whatever the options say', async () => {
      const { bus } = await startBus();
      const session = await bus.session(s);
      session.registerEventHandler(Said, () => {}, { sessionId: undefined });
      session.registerCommandHandler(Ask, () => '', { sessionId: undefined });

      await session.end();

      expect(bus.getStats().registeredHandlers).toBe(0);
    });

    it('4.1 opening an id that is open throws SESSION_OPEN; an ended id may be opened again', async () => {
      const { bus } = await startBus();
      const first = await bus.session(s);

      await expect(bus.session(s)).rejects.toThrow(SessionOpenError);
      await expect(bus.session(s)).rejects.toMatchObject({
        code: 'LLMGINE_SESSION_OPEN',
        sessionId: 's',
      });
      await first.end();
      const second = await bus.session(s);

      expect(await second.publish(Said({ text: '' }))).toMatchObject({ status: 'processed' });
      await expect(first.publish(Said({ text: '' }))).rejects.toMatchObject(ended);
    });

    it('4.1 a start handler that fails while errors are surfaced leaves no half-open session', async () => {
      const { bus } = await startBus();
      bus.unsuppressEventErrors();
      const failing = bus.registerEventHandler(SessionStartEvent, () =>
        Promise.reject(new Error('no')),
      );

      await bus.session(s).then(
        (session) => session.end(),
        () => {},
      );
      failing[Symbol.dispose]();

      expect(bus.getStats().sessions).toBe(0);
      expect((await bus.session(s)).sessionId).toBe(s);
    });

    it('4.1 registering with a sessionId needs no open session', async () => {
      const { bus } = await startBus();
      bus.registerCommandHandler(Ask, () => 'here', { sessionId: s });

      expect(await bus.execute(Ask({ text: '' }, { sessionId: s }))).toMatchObject({
        result: 'here',
      });
    });

    it('4.1 unregisterSessionHandlers removes both kinds, and nothing for BUS', async () => {
      const { bus } = await startBus();
      bus.registerCommandHandler(Ask, () => '', { sessionId: s });
      bus.registerEventHandler(Said, () => {}, { sessionId: s });
      bus.registerEventHandler(Said, () => {});

      bus.unregisterSessionHandlers(sessionId('BUS'));
      expect(bus.getStats().handlersByScope).toEqual({ bus: 1, sessions: 2 });
      bus.unregisterSessionHandlers(s);
      bus.unregisterSessionHandlers(sessionId('unknown'));

      expect(bus.getStats().handlersByScope).toEqual({ bus: 1, sessions: 0 });
    });

    it('4.1 leaving the scope of await using ends it', async () => {
      const { bus } = await startBus();
      const seen: string[] = [];
      bus.registerEventHandler(SessionEndEvent, ({ data }) => void seen.push(data.sessionId));

      {
        await using session = await bus.session(s);
        await session.publish(Said({ text: '' }));
      }

      expect(seen).toEqual(['s']);
      expect(bus.getStats().sessions).toBe(0);
    });

    it('4.1 a session opened inside a handler is opened without waiting for its lane', async () => {
      const { bus, clock } = await startBus();
      bus.registerCommandHandler(Ask, async () => {
        await using session = await bus.session(s);
        await session.publish(Said({ text: '' }));
        return session.sessionId;
      });

      expect(await now(bus.execute(Ask({ text: '' })), clock)).toMatchObject({ result: 's' });
      expect(bus.getStats().sessions).toBe(0);
    });
  });

  describe('4.2 ending', () => {
    it('4.2 runs what is queued, then dispatches SessionEndEvent, then removes the handlers', async () => {
      const { bus } = await startBus();
      const session = await bus.session(s);
      const seen: string[] = [];
      session.registerEventHandler(Said, async ({ data }) => {
        await null;
        seen.push(data.text);
      });
      session.registerEventHandler(SessionEndEvent, () => void seen.push('end'));
      for (const text of ['a', 'b', 'c']) void session.publish(Said({ text }), unawaited);

      await session.end();

      expect(seen).toEqual(['a', 'b', 'c', 'end']);
      expect(bus.getStats()).toMatchObject({ registeredHandlers: 0, sessions: 0 });
    });

    it('4.2 what the queued events cause runs before the end too', async () => {
      const { bus } = await startBus();
      const session = await bus.session(s);
      const seen: string[] = [];
      session.registerEventHandler(Said, async (_event, context) => {
        await null;
        await context.publish(Heard({ text: '' }), unawaited);
        await context.execute(Ask({ text: '' }));
      });
      session.registerCommandHandler(Ask, () => {
        seen.push('command');
        return '';
      });
      session.registerEventHandler(Heard, () => void seen.push('heard'));
      session.registerEventHandler(SessionEndEvent, () => void seen.push('end'));
      void session.publish(Said({ text: '' }), unawaited);

      await session.end();

      expect(seen).toEqual(['command', 'heard', 'end']);
    });

    it('4.2 its own end handler sees the error', async () => {
      const { bus, signals } = await startBus();
      const session = await bus.session(s);
      const seen: unknown[] = [];
      session.registerEventHandler(SessionEndEvent, ({ data }) => void seen.push(data));
      const error = new TypeError('hung up');

      await session.end(error);

      expect(seen).toMatchObject([
        { sessionId: 's', error: { name: 'TypeError', message: 'hung up' } },
      ]);
      expect(signals.of('session.ended')).toMatchObject([{ sessionId: 's', error }]);
    });

    it('4.2 refuses outside work while it ends', async () => {
      const { bus, clock } = await startBus();
      const session = await bus.session(s);
      const opened = gate();
      session.registerEventHandler(Said, () => opened.promise);
      session.registerCommandHandler(Ask, () => '');
      void session.publish(Said({ text: '' }), unawaited);
      const ending = session.end();
      await settle({ clock });

      await expect(session.publish(Said({ text: '' }))).rejects.toThrow(SessionEndedError);
      await expect(session.execute(Ask({ text: '' }))).rejects.toMatchObject(ended);
      await expect(bus.publish(Said({ text: '' }, { sessionId: s }))).rejects.toMatchObject(ended);
      expect(() => session.registerEventHandler(Said, () => {})).toThrow(SessionEndedError);
      opened.resolve();
      await ending;
    });

    it('4.2 waits for a running command of the session', async () => {
      const { bus, clock } = await startBus();
      const session = await bus.session(s);
      const opened = gate();
      session.registerCommandHandler(Ask, () => opened.promise.then(() => 'done'));
      const executed = session.execute(Ask({ text: '' }));
      const ending = session.end();
      expect(await now(ending, clock)).toBe('pending');

      opened.resolve();
      await ending;

      expect(await executed).toMatchObject({ result: 'done' });
    });

    it('4.2 at the deadline what still runs is aborted and abandoned, and the end event is dispatched', async () => {
      const { bus, clock, signals } = await startBus();
      const session = await bus.session(s);
      const seen: string[] = [];
      let signal: AbortSignal | undefined;
      session.registerEventHandler(
        Said,
        (_event, context) => {
          ({ signal } = context);
          return forever();
        },
        { name: 'stuck' },
      );
      session.registerEventHandler(SessionEndEvent, () => void seen.push('end'));
      const running = session.publish(Said({ text: '' }));
      const queued = session.publish(Said({ text: '' }));
      const ending = session.end(undefined, { deadlineMs: 100 });
      await clock.advanceAsync(99);
      expect(await now(ending, clock)).toBe('pending');

      await clock.advanceAsync(1);

      expect(await now(ending, clock)).toBeUndefined();
      expect(signal?.reason).toBeInstanceOf(SessionEndedError);
      expect(await running).toMatchObject({
        failures: [{ handler: 'stuck', error: { code: 'LLMGINE_HANDLER_ABORTED' } }],
      });
      expect(await queued).toEqual({ status: 'dropped', reason: 'aborted' });
      expect(seen).toEqual(['end']);
      expect(signals.of('event.dropped')).toHaveLength(1);
      await settle({ clock });
      expect(signals.of('event.processed').map(({ event }) => event.type)).toContain(
        EventHandlerFailedEvent.type,
      );
    });

    it('4.2 the deadline is 5000 ms unless said otherwise', async () => {
      const { bus, clock } = await startBus();
      const session = await bus.session(s);
      session.registerEventHandler(Said, forever);
      void session.publish(Said({ text: '' }));
      const ending = session.end();

      await clock.advanceAsync(4_999);
      expect(await now(ending, clock)).toBe('pending');
      await clock.advanceAsync(1);

      expect(await now(ending, clock)).toBeUndefined();
    });

    it('4.2 ended with an error: running work is aborted at once, queued events are dropped with a receipt', async () => {
      const { bus, clock } = await startBus();
      const session = await bus.session(s);
      let signal: AbortSignal | undefined;
      session.registerEventHandler(Said, (_event, context) => {
        ({ signal } = context);
        return forever();
      });
      const [running, queued] = ['', ''].map((text) => session.publish(Said({ text })));
      await settle({ clock });
      const error = new Error('hung up');

      expect(await now(session.end(error), clock)).toBeUndefined();

      expect(signal?.reason).toBe(error);
      expect(await running).toMatchObject({ failures: [{ error: { cause: error } }] });
      expect(await queued).toEqual({ status: 'dropped', reason: 'aborted' });
    });

    it('4.2 ended with an error: SessionEndEvent still gets the deadline', async () => {
      const { bus, clock } = await startBus();
      const session = await bus.session(s);
      let signal: AbortSignal | undefined;
      session.registerEventHandler(SessionEndEvent, (_event, context) => {
        ({ signal } = context);
        return forever();
      });
      const ending = session.end(new Error('hung up'), { deadlineMs: 100 });
      await clock.advanceAsync(99);
      expect(await now(ending, clock)).toBe('pending');
      expect(signal?.aborted).toBe(false);

      await clock.advanceAsync(1);

      expect(await now(ending, clock)).toBeUndefined();
      expect(signal?.aborted).toBe(true);
    });

    it('4.2 an abort starts no further handler of the event', async () => {
      const { bus } = await startBus();
      const session = await bus.session(s);
      const ran: string[] = [];
      session.registerEventHandler(Said, () => {
        ran.push('first');
        void session.end(new Error('hung up'));
      });
      session.registerEventHandler(Said, () => void ran.push('same group'));
      session.registerEventHandler(Said, () => void ran.push('next group'), { priority: 90 });

      await session.publish(Said({ text: '' }));
      await bus.stop();

      expect(ran).toEqual(['first']);
    });

    it('4.2 inside its own handler, end marks the session ending and resolves at once; the rest follows when the chain returns', async () => {
      const { bus, clock } = await startBus();
      const session = await bus.session(s);
      const steps: string[] = [];
      session.registerEventHandler(Said, async (_event, context) => {
        await session.end();
        steps.push('end resolved');
        await context.publish(Heard({ text: '' }));
        steps.push('handler returns');
      });
      session.registerEventHandler(Heard, () => void steps.push('heard'));
      session.registerEventHandler(SessionEndEvent, () => void steps.push('ended'));

      expect(await now(session.publish(Said({ text: '' })), clock)).toMatchObject({ failures: [] });
      await settle({ clock });

      expect(steps).toEqual(['end resolved', 'heard', 'handler returns', 'ended']);
      expect(bus.getStats().sessions).toBe(0);
    });

    it('4.2 inside its own command handler as well, also further in', async () => {
      const { bus, clock } = await startBus();
      const session = await bus.session(s);
      let ended = 0;
      session.registerCommandHandler(Ask, async (_command, context) => {
        await bus.publish(Said({ text: '' }, { sessionId: sessionId('other') }));
        await context.publish(Heard({ text: '' }));
        return 'done';
      });
      bus.registerEventHandler(Said, () => session.end());
      session.registerEventHandler(SessionEndEvent, () => void ended++);

      expect(await now(session.execute(Ask({ text: '' })), clock)).toMatchObject({
        result: 'done',
      });
      await settle({ clock });

      expect(ended).toBe(1);
    });

    it("4.2 inside another handler, it runs the session's queued events itself, outside lanes and concurrency", async () => {
      const { bus, clock } = await startBus({ concurrency: 1 });
      const session = await bus.session(s);
      const steps: string[] = [];
      session.registerEventHandler(Heard, ({ data }) => void steps.push(data.text));
      session.registerEventHandler(SessionEndEvent, () => void steps.push('end'));
      bus.registerEventHandler(Said, async () => {
        const receipts = ['a', 'b'].map((text) => session.publish(Heard({ text }), unawaited));
        await Promise.all(receipts);
        await session.end();
        steps.push('handler');
      });

      expect(await now(bus.publish(Said({ text: '' })), clock)).toMatchObject({ failures: [] });

      expect(steps).toEqual(['a', 'b', 'end', 'handler']);
    });

    it('4.2 inside another handler, queued events that never end are abandoned at the deadline', async () => {
      const { bus, clock } = await startBus({ concurrency: 1 });
      const session = await bus.session(s);
      let signal: AbortSignal | undefined;
      session.registerEventHandler(Heard, (_event, context) => {
        ({ signal } = context);
        return forever();
      });
      let endSeen = 0;
      session.registerEventHandler(SessionEndEvent, () => void endSeen++);
      bus.registerEventHandler(Said, async () => {
        await session.publish(Heard({ text: '' }), unawaited);
        await session.publish(Heard({ text: '' }), unawaited);
        await session.end(undefined, { deadlineMs: 100 });
      });
      const published = bus.publish(Said({ text: '' }));

      await clock.advanceAsync(100);

      expect(await now(published, clock)).toMatchObject({ status: 'processed', failures: [] });
      expect(signal?.aborted).toBe(true);
      expect(endSeen).toBe(1);
    });

    it('4.2 inside another handler, an end handler that never ends is abandoned at the deadline', async () => {
      const { bus, clock } = await startBus();
      const session = await bus.session(s);
      session.registerEventHandler(SessionEndEvent, forever);
      bus.registerCommandHandler(Ask, async () => {
        await session.end(undefined, { deadlineMs: 100 });
        return 'ended';
      });
      const executed = bus.execute(Ask({ text: '' }));

      await clock.advanceAsync(100);

      expect(await now(executed, clock)).toMatchObject({ result: 'ended' });
    });

    it('4.2 two sessions whose handlers end each other both end', async () => {
      const { bus, clock } = await startBus();
      const [a, b] = [await bus.session(sessionId('a')), await bus.session(sessionId('b'))];
      const both = gate();
      a.registerEventHandler(Said, () => both.promise.then(() => b.end()));
      b.registerEventHandler(Said, () => both.promise.then(() => a.end()));
      const receipts = Promise.all([a.publish(Said({ text: '' })), b.publish(Said({ text: '' }))]);

      both.resolve();

      expect(await now(receipts, clock)).not.toBe('pending');
      await settle({ clock });
      expect(bus.getStats().sessions).toBe(0);
    });

    it('4.2 three sessions that end each other in a ring, several at once, all end', async () => {
      const { bus, clock } = await startBus();
      const sessions = await Promise.all(
        ['a', 'b', 'c', 'd'].map((id) => bus.session(sessionId(id))),
      );
      const opened = gate();
      for (const session of sessions) {
        session.registerCommandHandler(Ask, async () => {
          await opened.promise;
          await Promise.all(
            sessions.filter((other) => other !== session).map((other) => other.end()),
          );
          return '';
        });
      }

      const all = Promise.all(sessions.map((session) => session.execute(Ask({ text: '' }))));
      opened.resolve();
      opened.resolve();

      expect(await now(all, clock)).not.toBe('pending');
      await settle({ clock });
      expect(bus.getStats().sessions).toBe(0);
    });

    it('4.2 on a bus that has not started, the end comes after the start, behind what is queued', async () => {
      const { bus, clock } = makeBus();
      const seen: string[] = [];
      const session = await bus.session(s);
      session.registerEventHandler(SessionStartEvent, () => void seen.push('start'));
      session.registerEventHandler(Said, ({ data }) => void seen.push(data.text));
      session.registerEventHandler(SessionEndEvent, () => void seen.push('end'));
      await session.publish(Said({ text: 'a' }));
      await session.end();
      expect(seen).toEqual([]);

      await bus.start();
      await settle({ clock });

      expect(seen).toEqual(['start', 'a', 'end']);
      expect(bus.getStats().sessions).toBe(0);
    });

    it('4.2 on a bus that has not started, an end with an error drops what is queued but not its own event', async () => {
      const { bus, clock } = makeBus();
      const seen: string[] = [];
      const session = await bus.session(s);
      session.registerEventHandler(Said, ({ data }) => void seen.push(data.text));
      session.registerEventHandler(
        SessionEndEvent,
        ({ data }) => void seen.push(`end: ${data.error?.message}`),
      );
      await session.publish(Said({ text: 'a' }));
      await session.end(new Error('hung up'));

      await bus.start();
      await settle({ clock });

      expect(seen).toEqual(['end: hung up']);
      expect(bus.getStats().sessions).toBe(0);
    });

    it('4.2 a log that fails keeps no session from ending', async () => {
      const { bus, clock } = await startBus({
        eventLog: { append: () => Promise.reject(new Error('full')), flush: async () => {} },
      });
      bus.registerCommandHandler(Tell, () => 'alive');
      const session = await bus.session(s).catch(() => undefined);

      if (session) expect(await now(session.end(), clock)).toBeUndefined();

      expect(bus.getStats().sessions).toBe(0);
      expect(await bus.execute(Tell({ text: '' }))).toMatchObject({ result: 'alive' });
    });
  });

  describe('4.3 after the end', () => {
    it('4.3 every call on the session object fails with SESSION_ENDED', async () => {
      const { bus } = await startBus();
      const session = await bus.session(s);
      await session.end();

      await expect(session.publish(Said({ text: '' }))).rejects.toMatchObject(ended);
      await expect(session.execute(Ask({ text: '' }))).rejects.toMatchObject(ended);
      expect(() => session.registerCommandHandler(Ask, () => '')).toThrow(SessionEndedError);
      expect(() => session.registerEventHandler(Said, () => {})).toThrow(SessionEndedError);
    });

    it('4.3 the bus remembers no ended id: a bare call with it acts as for one never opened', async () => {
      const { bus } = await startBus();
      await (await bus.session(s)).end();
      bus.registerCommandHandler(Ask, () => 'bus');
      bus.registerEventHandler(Said, () => {}, { sessionId: s });

      expect(await bus.publish(Said({ text: '' }, { sessionId: s }))).toMatchObject({
        status: 'processed',
      });
      expect(await bus.execute(Ask({ text: '' }, { sessionId: s }))).toMatchObject({
        result: 'bus',
      });
      expect(bus.getStats()).toMatchObject({ sessions: 0, registeredHandlers: 2 });
    });

    it('4.3 ending twice does nothing more', async () => {
      const { bus } = await startBus();
      const session = await bus.session(s);
      let ends = 0;
      bus.registerEventHandler(SessionEndEvent, () => void ends++);

      await Promise.all([
        session.end(),
        session.end(new Error('late')),
        session[Symbol.asyncDispose](),
      ]);
      await session.end();

      expect(ends).toBe(1);
    });

    it('4.3 ending never rejects because a handler failed, also when errors are surfaced', async () => {
      const { bus } = await startBus();
      const session = await bus.session(s);
      bus.unsuppressEventErrors();
      session.registerEventHandler(SessionEndEvent, () => Promise.reject(new Error('no')));
      session.registerEventHandler(Said, () => Promise.reject(new Error('no')));
      void session.publish(Said({ text: '' }), unawaited);

      await expect(session.end()).resolves.toBeUndefined();
      expect(bus.getStats().sessions).toBe(0);
    });
  });

  it('4.4 a session id is a name: whoever knows it may use it', async () => {
    const { bus } = await startBus();
    const session = await bus.session(s);
    session.registerCommandHandler(Ask, () => 'answered');

    expect(await bus.execute(Ask({ text: '' }, { sessionId: s }))).toMatchObject({
      result: 'answered',
    });
  });
});
