import { describe, expect, it } from 'vitest';
import {
  CommandCancelledError,
  CommandResultEvent,
  CommandStartedEvent,
  CommandTimeoutError,
  DuplicateCommandHandlerError,
  defineCommand,
  fail,
  isOutcome,
  NoCommandHandlerError,
  ok,
  sessionId,
  SessionEndedError,
  typeOnly,
  type CommandResult,
} from '../src/index.ts';
import { Ask, forever, gate, makeBus, now, Said, settle, startBus, Tell } from './running-bus.ts';

const s = sessionId('s');

function errorOf(result: CommandResult): Error {
  if (result.success) throw new Error('the command succeeded');
  return result.error;
}

describe('commands', () => {
  describe('2.1 exactly one handler per type and scope', () => {
    it("2.1 the session's handler wins over the bus's", async () => {
      const { bus } = await startBus();
      bus.registerCommandHandler(Ask, () => 'bus');
      bus.registerCommandHandler(Ask, () => 'session', { sessionId: s });

      const results = [
        await bus.execute(Ask({ text: '' })),
        await bus.execute(Ask({ text: '' }, { sessionId: s })),
        await bus.execute(Ask({ text: '' }, { sessionId: sessionId('other') })),
      ];

      expect(results).toMatchObject([{ result: 'bus' }, { result: 'session' }, { result: 'bus' }]);
    });

    it('2.1 a second registration in the same scope throws DUPLICATE_COMMAND_HANDLER and changes nothing', async () => {
      const { bus } = await startBus();
      bus.registerCommandHandler(Ask, () => 'first', { sessionId: s });

      const again = (): unknown => bus.registerCommandHandler(Ask, () => '', { sessionId: s });

      expect(again).toThrow(DuplicateCommandHandlerError);
      expect(again).toThrow(
        expect.objectContaining({
          code: 'LLMGINE_DUPLICATE_COMMAND_HANDLER',
          commandType: 'ask',
          sessionId: 's',
        }),
      );
      expect(bus.getStats().registeredHandlers).toBe(1);
      expect(await bus.execute(Ask({ text: '' }, { sessionId: s }))).toMatchObject({
        result: 'first',
      });
    });

    it('2.1 a disposed handler may be replaced', async () => {
      const { bus } = await startBus();
      bus.registerCommandHandler(Ask, () => 'first')[Symbol.dispose]();

      bus.registerCommandHandler(Ask, () => 'second');

      expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ result: 'second' });
    });
  });

  describe('2.2 execute resolves to a result', () => {
    it("2.2 the result carries the command's id", async () => {
      const { bus } = await startBus();
      bus.registerCommandHandler(Ask, ({ data }) => ok(data.text.toUpperCase()));
      const command = Ask({ text: 'a' });

      const result = await bus.execute(command);

      expect({ ...result }).toEqual({ success: true, result: 'A', commandId: command.id });
    });

    it('2.2 no handler: a failed result with NO_COMMAND_HANDLER', async () => {
      const { bus } = await startBus();
      const command = Ask({ text: '' }, { sessionId: s });

      const result = await bus.execute(command);

      expect(result).toMatchObject({ success: false, commandId: command.id });
      expect(errorOf(result)).toBeInstanceOf(NoCommandHandlerError);
      expect(errorOf(result)).toMatchObject({ commandType: 'ask', sessionId: 's' });
      expect(errorOf(result).message).toContain('registerCommandHandler');
    });

    it.each([
      [
        'at once',
        (error: Error) => () => {
          throw error;
        },
      ],
      ['later', (error: Error) => () => Promise.reject(error)],
    ])(
      '2.2 what a handler throws %s is the error of the result, itself, with cause and stack',
      async (_, throwing) => {
        const { bus } = await startBus();
        const error = new RangeError('no tea', { cause: new Error('no leaves') });
        bus.registerCommandHandler(Ask, throwing(error));

        const result = await bus.execute(Ask({ text: '' }));

        expect(errorOf(result)).toBe(error);
      },
    );

    it('2.2 execute runs on a bus that has not started', async () => {
      const { bus } = makeBus();
      bus.registerCommandHandler(Ask, () => 'a');

      expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ success: true });
    });
  });

  describe('2.3 what handlers return', () => {
    it.each([
      ['a string', 'a', 'a'],
      ['undefined', undefined, undefined],
      ['null', null, null],
      ['false', false, false],
      [
        'an object that looks like a result',
        { success: false, error: new Error('x') },
        { success: false, error: new Error('x') },
      ],
      ['an Error', new Error('data'), new Error('data')],
      ['ok(value)', ok(7), 7],
      ['ok()', ok(), undefined],
    ])('2.3 %s means ok', async (_, returned, result) => {
      const { bus } = await startBus();
      bus.registerCommandHandler(Tell, () => returned);

      expect(await bus.execute(Tell({ text: '' }))).toMatchObject({ success: true, result });
    });

    it('2.3 fail(error) is a failure; fail(text) makes the error', async () => {
      const { bus } = await startBus();
      bus.registerCommandHandler(Ask, ({ data }) =>
        data.text === '' ? fail(new TypeError('a')) : fail(data.text),
      );

      expect(errorOf(await bus.execute(Ask({ text: '' })))).toBeInstanceOf(TypeError);
      expect(errorOf(await bus.execute(Ask({ text: 'because' }))).message).toBe('because');
    });

    it("2.3 a result of execute, returned by a handler, keeps its outcome and gets that handler's command id", async () => {
      const { bus } = await startBus();
      bus.registerCommandHandler(Ask, () => fail('inner'));
      bus.registerCommandHandler(Tell, (_command, context) => context.execute(Ask({ text: '' })));
      const outer = Tell({ text: '' });

      const result = await bus.execute(outer);

      expect(result).toMatchObject({ success: false, commandId: outer.id });
      expect(errorOf(result).message).toBe('inner');
    });

    it('2.3 only branded outcomes count: a copy of one is data', () => {
      expect(isOutcome(ok(1))).toBe(true);
      expect(isOutcome(fail('x'))).toBe(true);
      expect(isOutcome({ ...ok(1) })).toBe(false);
      expect(isOutcome(null)).toBe(false);
    });

    it('2.3 results are not validated at run time', async () => {
      const { bus } = await startBus();
      bus.registerCommandHandler(Ask, () => 7 as never);

      expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ success: true, result: 7 });
    });
  });

  describe('2.4 started and finished commands are told', () => {
    it('2.4 started and finished commands are signals', async () => {
      const { bus, signals } = await startBus();
      bus.registerCommandHandler(Ask, () => fail('no'), { name: 'asker' });
      const command = Ask({ text: '' });

      const result = await bus.execute(command);

      expect(signals.types().slice(-4)).toEqual([
        'command.started',
        'handler.started',
        'handler.finished',
        'command.completed',
      ]);
      expect(signals.of('handler.finished')).toMatchObject([
        { handler: 'asker', outcome: 'failed', attempt: 1 },
      ]);
      expect(signals.of('command.completed')).toMatchObject([{ command, result }]);
    });

    it('2.4 a command nobody handles is started and finished too', async () => {
      const { bus, signals } = await startBus();

      await bus.execute(Ask({ text: '' }));

      expect(signals.types().slice(-2)).toEqual(['command.started', 'command.completed']);
    });

    it('2.4 CommandStartedEvent and CommandResultEvent are published when somebody handles them', async () => {
      const { bus } = await startBus();
      const seen: unknown[] = [];
      bus.registerEventHandler(CommandStartedEvent, (event) => void seen.push(event));
      bus.registerEventHandler(CommandResultEvent, (event) => void seen.push(event));
      bus.registerCommandHandler(Ask, () => 'tea');
      const command = Ask({ text: '' }, { sessionId: s, correlationId: 'c' });

      await bus.execute(command);
      await bus.waitForEvents();

      const told = { commandType: 'ask', commandId: command.id };
      expect(seen).toMatchObject([
        { data: told, sessionId: s, causationId: command.id, correlationId: 'c' },
        { data: { ...told, success: true, result: 'tea' }, sessionId: s, causationId: command.id },
      ]);
    });

    it('2.4 nobody handles them: they are not made', async () => {
      const { bus, signals } = await startBus();
      bus.registerEventHandler(CommandResultEvent, () => {}, { sessionId: sessionId('other') });
      bus.registerCommandHandler(Ask, () => 'tea');

      await bus.execute(Ask({ text: '' }));
      await bus.waitForEvents();

      expect(signals.of('event.published')).toEqual([]);
    });

    it('2.4 a thousand commands before start hold no event that nobody handles', async () => {
      const { bus } = makeBus();
      bus.registerCommandHandler(Ask, () => '');

      for (let index = 0; index < 1_000; index++) await bus.execute(Ask({ text: '' }));

      expect(bus.getStats().queueSize).toBe(0);
    });

    it("2.4 a failed command's event carries its error as data", async () => {
      const { bus } = await startBus();
      let data: unknown;
      bus.registerEventHandler(CommandResultEvent, (event) => void (data = event.data));
      bus.registerCommandHandler(Ask, () => fail('no'));

      await bus.execute(Ask({ text: '' }));
      await bus.waitForEvents();

      expect(data).toMatchObject({ success: false, error: { name: 'Error', message: 'no' } });
    });
  });

  describe('2.5 cancellation and deadlines', () => {
    it("2.5 context.signal aborts for the caller with the caller's reason", async () => {
      const { bus, clock } = await startBus();
      let signal: AbortSignal | undefined;
      bus.registerCommandHandler(Ask, (_command, context) => {
        ({ signal } = context);
        return forever();
      });
      const caller = new AbortController();
      const reason = new Error('changed my mind');
      const executed = bus.execute(Ask({ text: '' }), { signal: caller.signal });
      await settle({ clock });

      caller.abort(reason);
      const result = await executed;

      expect(signal).toMatchObject({ aborted: true, reason });
      expect(errorOf(result)).toBeInstanceOf(CommandCancelledError);
      expect(errorOf(result)).toMatchObject({
        code: 'LLMGINE_COMMAND_CANCELLED',
        reason,
        cause: reason,
      });
    });

    it('2.5 a deadline settles with COMMAND_TIMEOUT though the handler ignores its signal', async () => {
      const { bus, clock } = await startBus();
      let signal: AbortSignal | undefined;
      bus.registerCommandHandler(Ask, (_command, context) => {
        ({ signal } = context);
        return forever();
      });
      const executed = bus.execute(Ask({ text: '' }), { timeoutMs: 500 });

      await clock.advanceAsync(499);
      expect(await now(executed, clock)).toBe('pending');
      await clock.advanceAsync(1);

      expect(errorOf(await executed)).toBeInstanceOf(CommandTimeoutError);
      expect(errorOf(await executed)).toMatchObject({ timeoutMs: 500, commandType: 'ask' });
      expect(signal?.reason).toBeInstanceOf(CommandTimeoutError);
    });

    it('2.5 a signal read after the abort is aborted, with the reason', async () => {
      const { bus, clock } = await startBus();
      const late = gate();
      let reason: unknown;
      bus.registerCommandHandler(Ask, async (_command, context) => {
        await late.promise;
        reason = context.signal.reason;
        return '';
      });
      const caller = new AbortController();
      const executed = bus.execute(Ask({ text: '' }), { signal: caller.signal });

      caller.abort('no');
      await executed;
      late.resolve();
      await settle({ clock });

      expect(reason).toBe('no');
    });

    it('2.5 a signal that was aborted before runs no handler', async () => {
      const { bus } = await startBus();
      let calls = 0;
      bus.registerCommandHandler(Ask, () => {
        calls++;
        return '';
      });

      const result = await bus.execute(Ask({ text: '' }), { signal: AbortSignal.abort('no') });

      expect(errorOf(result)).toMatchObject({ code: 'LLMGINE_COMMAND_CANCELLED', reason: 'no' });
      expect(calls).toBe(0);
    });

    it("2.5 context.signal aborts for the session's end", async () => {
      const { bus } = await startBus();
      const session = await bus.session(s);
      let signal: AbortSignal | undefined;
      session.registerCommandHandler(Ask, (_command, context) => {
        ({ signal } = context);
        return forever();
      });
      const executed = session.execute(Ask({ text: '' }));
      const error = new Error('hung up');

      await session.end(error);

      expect(errorOf(await executed)).toMatchObject({ code: 'LLMGINE_COMMAND_CANCELLED' });
      expect(signal?.reason).toBe(error);
    });

    it('2.5 at the deadline of an end without an error the reason is SESSION_ENDED', async () => {
      const { bus, clock } = await startBus();
      const session = await bus.session(s);
      let signal: AbortSignal | undefined;
      session.registerCommandHandler(Ask, (_command, context) => {
        ({ signal } = context);
        return forever();
      });
      const executed = session.execute(Ask({ text: '' }));
      const ended = session.end(undefined, { deadlineMs: 100 });

      await clock.advanceAsync(100);
      await ended;

      expect(errorOf(await executed)).toMatchObject({ code: 'LLMGINE_COMMAND_CANCELLED' });
      expect(signal?.reason).toBeInstanceOf(SessionEndedError);
    });

    it('2.5 context.signal aborts for stop()', async () => {
      const { bus, clock } = await startBus();
      let signal: AbortSignal | undefined;
      bus.registerCommandHandler(Ask, (_command, context) => {
        ({ signal } = context);
        return forever();
      });
      const executed = bus.execute(Ask({ text: '' }));
      const stopped = bus.stop({ deadlineMs: 100 });

      await clock.advanceAsync(100);

      expect(await stopped).toMatchObject({ abandoned: 1 });
      expect(errorOf(await executed)).toMatchObject({ code: 'LLMGINE_COMMAND_CANCELLED' });
      expect(signal?.reason).toMatchObject({ code: 'LLMGINE_BUS_STOPPED' });
    });

    it('2.5 an abort reaches the commands and events that the handler runs inside', async () => {
      const { bus, clock } = await startBus();
      const aborted: string[] = [];
      bus.registerCommandHandler(Ask, async (_command, context) => {
        await context.execute(Tell({ text: '' }));
        return '';
      });
      bus.registerCommandHandler(Tell, async (_command, context) => {
        context.signal.addEventListener('abort', () => aborted.push('command'));
        await context.publish(Said({ text: '' }));
      });
      bus.registerEventHandler(Said, (_event, context) => {
        context.signal.addEventListener('abort', () => aborted.push('event'));
        return forever();
      });
      const caller = new AbortController();
      const executed = bus.execute(Ask({ text: '' }), { signal: caller.signal });
      await settle({ clock });

      caller.abort();
      await executed;
      await settle({ clock });

      expect(aborted.toSorted()).toEqual(['command', 'event']);
      expect(bus.getStats().inFlight).toBe(0);
    });

    it.each([
      ['returns', 'late value', { result: 'late value' }],
      ['throws', new Error('late'), { error: new Error('late') }],
    ])(
      '2.5 the outcome of a handler that %s late is a signal, not lost',
      async (_, value, told) => {
        const { bus, clock, signals } = await startBus();
        const late = gate<string>();
        bus.registerCommandHandler(Ask, () => late.promise, { name: 'slow' });
        const executed = bus.execute(Ask({ text: '' }), { timeoutMs: 10 });
        await clock.advanceAsync(10);
        await executed;

        if (value instanceof Error) late.reject(value);
        else late.resolve(value);
        await settle({ clock });

        expect(signals.of('handler.settled-late')).toMatchObject([{ handler: 'slow', ...told }]);
        expect(signals.of('command.completed')).toHaveLength(1);
      },
    );

    it('2.5 a command that finishes in time leaves no timer and no listener behind', async () => {
      const { bus, clock } = await startBus();
      bus.registerCommandHandler(Ask, () => 'a');
      const caller = new AbortController();

      await bus.execute(Ask({ text: '' }), { signal: caller.signal, timeoutMs: 60_000 });
      await settle({ clock });

      expect(clock.pendingTimers).toBe(0);
    });

    it('2.5 the shorter of the two deadlines holds: of the call and of the registration', async () => {
      const { bus, clock } = await startBus();
      bus.registerCommandHandler(Ask, forever, { timeoutMs: 100 });
      const [short, long] = [50, 1_000].map((timeoutMs) =>
        bus.execute(Ask({ text: '' }), { timeoutMs }),
      );

      await clock.advanceAsync(100);

      expect(errorOf((await short!) as CommandResult)).toMatchObject({ timeoutMs: 50 });
      expect(errorOf((await long!) as CommandResult)).toMatchObject({ timeoutMs: 100 });
    });

    it('2.5 a deadline beyond 24.8 days holds', async () => {
      const { bus, clock } = await startBus();
      const days = 24 * 3_600_000;
      bus.registerCommandHandler(Ask, forever);
      const executed = bus.execute(Ask({ text: '' }), { timeoutMs: 30 * days });

      await clock.advanceAsync(29 * days);
      expect(await now(executed, clock)).toBe('pending');
      await clock.advanceAsync(days);

      expect(errorOf(await executed)).toBeInstanceOf(CommandTimeoutError);
    });

    it('2.5 a thousand deadlines of different commands each fall at their time', async () => {
      const { bus, clock } = await startBus();
      bus.registerCommandHandler(Ask, forever);
      const settledAt: number[] = [];
      const begun = clock.monotonic();
      for (let index = 1; index <= 1_000; index++) {
        void bus
          .execute(Ask({ text: '' }), { timeoutMs: index })
          .then(() => settledAt.push(clock.monotonic() - begun));
      }

      await clock.advanceAsync(1_000);

      expect(settledAt).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
    });
  });

  describe('2.6 registration', () => {
    it('2.6 takes a session, a name and a deadline, and gives a Disposable that works once', async () => {
      const { bus, clock } = await startBus();
      const registration = bus.registerCommandHandler(Ask, forever, {
        sessionId: s,
        name: 'slow',
        timeoutMs: 10,
      });
      const executed = bus.execute(Ask({ text: '' }, { sessionId: s }));
      await clock.advanceAsync(10);
      expect(errorOf(await executed)).toBeInstanceOf(CommandTimeoutError);

      registration[Symbol.dispose]();
      registration[Symbol.dispose]();

      expect(bus.getStats().registeredHandlers).toBe(0);
      expect(errorOf(await bus.execute(Ask({ text: '' }, { sessionId: s })))).toBeInstanceOf(
        NoCommandHandlerError,
      );
    });

    it('2.6 disposing twice does not take back the registration that came after', async () => {
      const { bus } = await startBus();
      const first = bus.registerCommandHandler(Ask, () => 'first');
      first[Symbol.dispose]();
      bus.registerCommandHandler(Ask, () => 'second');

      first[Symbol.dispose]();

      expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ result: 'second' });
    });

    it('2.6 a registration from before a reset takes back nothing that came after', async () => {
      const { bus } = await startBus();
      const before = [
        bus.registerCommandHandler(Ask, () => 'first'),
        bus.registerEventHandler(Said, () => {}),
      ];
      await bus.reset();
      bus.registerCommandHandler(Ask, () => 'second');

      for (const registration of before) registration[Symbol.dispose]();

      expect(bus.getStats().registeredHandlers).toBe(1);
      expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ result: 'second' });
    });

    it('2.6 a running handler is not disturbed by being disposed', async () => {
      const { bus } = await startBus();
      const opened = gate();
      const registration = bus.registerCommandHandler(Ask, () => opened.promise.then(() => 'a'));
      const executed = bus.execute(Ask({ text: '' }));

      registration[Symbol.dispose]();
      opened.resolve();

      expect(await executed).toMatchObject({ result: 'a' });
    });

    it('2.6 signals tell how many handlers there are', async () => {
      const { bus, signals } = await startBus();

      const registration = bus.registerCommandHandler(Ask, () => '');
      bus.registerEventHandler(Said, () => {});
      registration[Symbol.dispose]();

      expect(signals.of('handlers.changed').map(({ registered }) => registered)).toEqual([1, 2, 1]);
    });
  });

  it('a command type called like a method of objects is only a name', async () => {
    const { bus } = await startBus();
    const Odd = defineCommand('constructor', { data: typeOnly<unknown>() });
    expect(errorOf(await bus.execute(Odd({})))).toBeInstanceOf(NoCommandHandlerError);

    bus.registerCommandHandler(Odd, () => {}, { sessionId: sessionId('__proto__') });

    expect(await bus.execute(Odd({}, { sessionId: sessionId('__proto__') }))).toMatchObject({
      success: true,
    });
  });
});
