import { describe, expect, it } from 'vitest';
import { createFakeClock } from '@llmgine/testing';
import type { Clock } from '../src/timing/clock.ts';
import {
  createMessageBus,
  fail,
  ok,
  type CommandFinish,
  type CommandMiddleware,
  type CommandResult,
  type EventMiddleware,
  type MessageBusOptions,
} from '../src/index.ts';
import { Ask, forever, gate, Heard, makeBus, now, Said, settle, startBus } from './running-bus.ts';

const around = (name: string, steps: string[]): CommandMiddleware & EventMiddleware => ({
  name,
  async aroundCommand(_call, next) {
    steps.push(`${name} before`);
    const result = await next();
    steps.push(`${name} after`);
    return result;
  },
  async aroundEvent(call, next) {
    steps.push(`${name} before ${call.handler}`);
    await next();
    steps.push(`${name} after ${call.handler}`);
  },
});

describe('command middleware', () => {
  it('8 first added is outermost', async () => {
    const { bus } = await startBus();
    const steps: string[] = [];
    bus.addCommandMiddleware(around('outer', steps));
    bus.addCommandMiddleware(around('inner', steps));
    bus.registerCommandHandler(Ask, () => {
      steps.push('handler');
      return '';
    });

    await bus.execute(Ask({ text: '' }));

    expect(steps).toEqual([
      'outer before',
      'inner before',
      'handler',
      'inner after',
      'outer after',
    ]);
  });

  it('8 next always resolves to a result, also when the handler threw', async () => {
    const { bus } = await startBus();
    let seen: CommandResult | undefined;
    bus.addCommandMiddleware({
      name: 'm',
      async aroundCommand(_call, next) {
        seen = await next();
        return seen;
      },
    });
    bus.registerCommandHandler(Ask, () => {
      throw new Error('no');
    });
    const command = Ask({ text: '' });

    await bus.execute(command);

    expect(seen).toMatchObject({ success: false, error: { message: 'no' }, commandId: command.id });
  });

  it('8 the call carries command, definition, handler name and context', async () => {
    const { bus } = await startBus();
    let call: unknown;
    bus.addCommandMiddleware({
      name: 'm',
      aroundCommand: (given, next) => ((call = given), next()),
    });
    bus.registerCommandHandler(Ask, () => '', { name: 'asker' });
    const command = Ask({ text: '' });

    await bus.execute(command);

    expect(call).toMatchObject({
      command,
      handler: 'asker',
      context: { attempt: 1, sessionId: 'BUS' },
    });
    expect(call).toHaveProperty('definition', Ask);
  });

  it('8 it may answer without calling next', async () => {
    const { bus } = await startBus();
    let calls = 0;
    bus.addCommandMiddleware({
      name: 'm',
      aroundCommand: async () => ok('cached') as CommandResult,
    });
    bus.registerCommandHandler(Ask, () => `${calls++}`);
    const command = Ask({ text: '' });

    expect(await bus.execute(command)).toMatchObject({ result: 'cached', commandId: command.id });
    expect(calls).toBe(0);
  });

  it("2.2 the result of another command, given by a middleware, gets this command's id", async () => {
    const { bus } = await startBus();
    let cached: CommandResult | undefined;
    bus.addCommandMiddleware({
      name: 'cache',
      aroundCommand: async (_call, next) => (cached ??= await next()),
    });
    bus.registerCommandHandler(Ask, ({ data }) => data.text);
    await bus.execute(Ask({ text: 'first' }));
    const second = Ask({ text: 'second' });

    expect(await bus.execute(second)).toMatchObject({ result: 'first', commandId: second.id });
  });

  it('8 what it throws is a failed result to the one outside it', async () => {
    const { bus } = await startBus();
    const seen: CommandResult[] = [];
    bus.addCommandMiddleware({
      name: 'outer',
      async aroundCommand(_call, next) {
        seen.push(await next());
        return seen[0]!;
      },
    });
    bus.addCommandMiddleware({
      name: 'inner',
      aroundCommand: () => Promise.reject(new Error('no')),
    });
    bus.registerCommandHandler(Ask, () => '');

    expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ error: { message: 'no' } });
    expect(seen).toHaveLength(1);
  });

  it.each([
    [
      'throws at once',
      () => {
        throw new Error('no');
      },
      'no',
    ],
    ['returns no result', () => 'x', 'returned no result'],
    ['returns nothing', () => undefined, 'returned no result'],
  ])('5 one that %s fails the command', async (_, misbehaving, message) => {
    const { bus } = await startBus();
    bus.addCommandMiddleware({ name: 'odd', aroundCommand: misbehaving as never });
    bus.registerCommandHandler(Ask, () => '');

    const result = await bus.execute(Ask({ text: '' }));

    expect(result).toMatchObject({
      success: false,
      error: { message: expect.stringContaining(message) },
    });
  });

  it('8 next runs once: a second call is an error', async () => {
    const { bus } = await startBus();
    let calls = 0;
    bus.addCommandMiddleware({
      name: 'twice',
      async aroundCommand(_call, next) {
        await next();
        return next();
      },
    });
    bus.registerCommandHandler(Ask, () => `${calls++}`);

    expect(await bus.execute(Ask({ text: '' }))).toMatchObject({
      success: false,
      error: { code: 'LLMGINE_MIDDLEWARE_MISUSE', middleware: 'twice' },
    });
    expect(calls).toBe(1);
  });

  it('8 a second call that nobody waits for crashes nothing', async () => {
    const { bus, clock } = await startBus();
    bus.addCommandMiddleware({
      name: 'twice',
      aroundCommand(_call, next) {
        void next();
        void next();
        return next().catch(() => fail('misused') as CommandResult);
      },
    });
    bus.registerCommandHandler(Ask, () => '');

    expect(await now(bus.execute(Ask({ text: '' })), clock)).toMatchObject({ success: false });
    await settle({ clock });
  });

  it('8 one that repeats may call next again after it has settled, and the bus counts the attempts', async () => {
    const { bus, signals } = await startBus();
    const attempts: number[] = [];
    bus.addCommandMiddleware({
      name: 'again',
      repeats: true,
      async aroundCommand(_call, next) {
        const result = await next();
        return result.success ? result : next();
      },
    });
    bus.registerCommandHandler(Ask, (_command, { attempt }) => {
      attempts.push(attempt);
      return attempt === 1 ? fail('no') : ok('yes');
    });

    expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ result: 'yes' });
    expect(attempts).toEqual([1, 2]);
    expect(signals.of('handler.finished')).toMatchObject([
      { attempt: 1, outcome: 'failed' },
      { attempt: 2, outcome: 'succeeded' },
    ]);
  });

  it('8 one that repeats may not call next while the call before runs', async () => {
    const { bus, clock } = await startBus();
    const opened = gate();
    bus.addCommandMiddleware({
      name: 'again',
      repeats: true,
      aroundCommand(_call, next) {
        void next();
        return next();
      },
    });
    bus.registerCommandHandler(Ask, () => opened.promise.then(() => ''));

    expect(await now(bus.execute(Ask({ text: '' })), clock)).toMatchObject({
      error: { code: 'LLMGINE_MIDDLEWARE_MISUSE' },
    });
    opened.resolve();
  });

  it('8 an abort ends a repetition, and the last error of the handler is the cause', async () => {
    const { bus, clock, signals } = await startBus();
    const error = new Error('no');
    bus.addCommandMiddleware({
      name: 'for ever',
      repeats: true,
      async aroundCommand(call, next) {
        for (;;) {
          const result = await next();
          if (result.success || call.context.signal.aborted) return result;
          await new Promise<void>((resolve) => clock.setTimer(resolve, 100));
        }
      },
    });
    let calls = 0;
    bus.registerCommandHandler(Ask, () => {
      calls++;
      throw error;
    });
    const executed = bus.execute(Ask({ text: '' }), { timeoutMs: 250 });

    await clock.advanceAsync(1_000);

    expect(await executed).toMatchObject({
      error: { code: 'LLMGINE_COMMAND_TIMEOUT', cause: error },
    });
    expect(calls).toBe(3);
    expect(signals.of('handler.finished')).toHaveLength(3);
  });

  it('8 one that repeats is refused beside an invoker that retries, unless allowNestedRetry says so', () => {
    const invoker: NonNullable<MessageBusOptions['invoker']> = Object.assign(
      (_call: unknown, invoke: (attempt: number) => Promise<CommandResult>) => invoke(1),
      { retries: true },
    );
    const repeating: CommandMiddleware = {
      name: 'again',
      repeats: true,
      aroundCommand: (_call, next) => next(),
    };

    expect(() => makeBus({ invoker }).bus.addCommandMiddleware(repeating)).toThrow(
      expect.objectContaining({ code: 'LLMGINE_NESTED_RETRY', middleware: 'again' }),
    );
    expect(() =>
      makeBus({ invoker, allowNestedRetry: true }).bus.addCommandMiddleware(repeating),
    ).not.toThrow();
    expect(() => makeBus().bus.addCommandMiddleware(repeating)).not.toThrow();
  });

  it('8 a disposed one wraps no more; the same one may be there twice', async () => {
    const { bus } = await startBus();
    const steps: string[] = [];
    const layer = around('m', steps);
    const [first] = [bus.addCommandMiddleware(layer), bus.addCommandMiddleware(layer)];
    bus.registerCommandHandler(Ask, () => '');

    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await bus.execute(Ask({ text: '' }));

    expect(steps).toEqual(['m before', 'm after']);
  });

  it('8 one that hands on what next gave costs no promise of its own', async () => {
    const { bus } = await startBus();
    const given: Promise<CommandResult>[] = [];
    const handsOn = (name: string): CommandMiddleware => ({
      name,
      aroundCommand(_call, next) {
        const result = next();
        given.push(result);
        return result;
      },
    });
    for (const name of ['outer', 'middle', 'inner']) bus.addCommandMiddleware(handsOn(name));
    bus.registerCommandHandler(Ask, () => '');

    await bus.execute(Ask({ text: '' }));

    expect(new Set(given).size).toBe(1);
  });

  it('2.5 a handler that aborts its own command in its turn is late, inside middleware too', async () => {
    const { bus, signals } = await startBus();
    bus.addCommandMiddleware({ name: 'm', aroundCommand: (_call, next) => next() });
    const caller = new AbortController();
    bus.registerCommandHandler(Ask, () => {
      caller.abort();
      return 'too late';
    });

    const result = await bus.execute(Ask({ text: '' }), { signal: caller.signal });

    expect(result).toMatchObject({ error: { code: 'LLMGINE_COMMAND_CANCELLED' } });
    expect(signals.of('handler.settled-late')).toMatchObject([{ result: 'too late' }]);
  });

  it('2.5 execute settles at its deadline though a middleware never does', async () => {
    const { bus, clock } = await startBus();
    bus.addCommandMiddleware({ name: 'stuck', aroundCommand: forever });
    bus.registerCommandHandler(Ask, () => '');
    const executed = bus.execute(Ask({ text: '' }), { timeoutMs: 10 });

    await clock.advanceAsync(10);

    expect(await now(executed, clock)).toMatchObject({
      error: { code: 'LLMGINE_COMMAND_TIMEOUT' },
    });
  });
});

describe('event middleware', () => {
  it('8 wraps each handler, first added outermost', async () => {
    const { bus } = await startBus();
    const steps: string[] = [];
    bus.addEventMiddleware(around('outer', steps));
    bus.addEventMiddleware(around('inner', steps));
    bus.registerEventHandler(Said, () => void steps.push('a'), { name: 'a', priority: 1 });
    bus.registerEventHandler(Said, () => void steps.push('b'), { name: 'b', priority: 2 });

    await bus.publish(Said({ text: '' }));

    expect(steps).toEqual(
      ['a', 'b'].flatMap((name) => [
        `outer before ${name}`,
        `inner before ${name}`,
        name,
        `inner after ${name}`,
        `outer after ${name}`,
      ]),
    );
  });

  it('8 next rejects with what the handler threw; what middleware throws is a failure of that handler', async () => {
    const { bus } = await startBus();
    const caught: unknown[] = [];
    bus.addEventMiddleware({
      name: 'm',
      async aroundEvent({ handler }, next) {
        if (handler === 'b') throw new Error('refused');
        await next().catch((thrown: unknown) => {
          caught.push(thrown);
          throw thrown;
        });
      },
    });
    const error = new Error('no');
    bus.registerEventHandler(Said, () => Promise.reject(error), { name: 'a' });
    bus.registerEventHandler(Said, () => {}, { name: 'b' });

    const receipt = await bus.publish(Said({ text: '' }));

    expect(caught).toEqual([error]);
    expect(receipt).toMatchObject({
      failures: [
        { handler: 'b', error: { message: 'refused' } },
        { handler: 'a', error },
      ],
    });
  });

  it('5 one that throws at once fails only that handler', async () => {
    const { bus } = await startBus();
    bus.addEventMiddleware({
      name: 'm',
      aroundEvent() {
        throw new Error('at once');
      },
    });
    bus.registerEventHandler(Said, () => {});

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({
      failures: [{ error: { message: 'at once' } }],
    });
  });

  it('8 a second call of next is an error', async () => {
    const { bus } = await startBus();
    let calls = 0;
    bus.addEventMiddleware({
      name: 'twice',
      async aroundEvent(_call, next) {
        await next();
        await next();
      },
    });
    bus.registerEventHandler(Said, () => void calls++);

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({
      failures: [{ error: { code: 'LLMGINE_MIDDLEWARE_MISUSE' } }],
    });
    expect(calls).toBe(1);
  });

  it('5 one that does not wait for next crashes nothing when the handler fails', async () => {
    const { bus, clock, signals } = await startBus();
    bus.addEventMiddleware({
      name: 'hasty',
      async aroundEvent(_call, next) {
        void next();
      },
    });
    bus.registerEventHandler(Said, () => Promise.reject(new Error('no')));

    await bus.publish(Said({ text: '' }));
    await settle({ clock });

    expect(signals.of('handler.finished')).toMatchObject([{ message: { type: 'said' } }]);
  });

  it('3.6 nested publishes through wrapped handlers are nested all the same', async () => {
    const { bus, clock } = await startBus();
    bus.addEventMiddleware(around('m', []));
    bus.registerEventHandler(
      Said,
      async (_event, context) => {
        await context.publish(Heard({ text: '' }));
      },
      { name: 'deep' },
    );

    expect(await now(bus.publish(Heard({ text: '' })), clock)).toMatchObject({ failures: [] });
    expect(await now(bus.publish(Said({ text: '' })), clock)).toMatchObject({ failures: [] });
  });
});

describe('middleware that gives a function', () => {
  const marking = (name: string, steps: string[]): CommandMiddleware & EventMiddleware => ({
    name,
    aroundCommand() {
      steps.push(`${name} in`);
      return (result) => {
        steps.push(`${name} out`);
        return result;
      };
    },
    aroundEvent() {
      steps.push(`${name} in`);
      return () => void steps.push(`${name} out`);
    },
  });

  it('8 is in the order of all, whatever kind its neighbours are of', async () => {
    const { bus } = await startBus();
    const steps: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) {
      const layer = name === 'c' ? around(name, steps) : marking(name, steps);
      bus.addCommandMiddleware(layer);
      bus.addEventMiddleware(layer);
    }
    bus.registerCommandHandler(Ask, async () => `${steps.push('handler')}`);
    bus.registerEventHandler(Said, async () => void steps.push('handler'), { name: 'h' });

    await bus.execute(Ask({ text: '' }));
    const ofCommand = steps.splice(0).map((step) => step.replace('before', 'in'));
    await bus.publish(Said({ text: '' }));

    const wanted = [
      'a in',
      'b in',
      'c in',
      'd in',
      'handler',
      'd out',
      'c after',
      'b out',
      'a out',
    ];
    expect(ofCommand).toEqual(wanted);
    expect(steps.map((step) => step.replace('before', 'in').replace(/ h$/, ''))).toEqual(wanted);
  });

  it('8 may give another result, also later, and what it throws is a failed result', async () => {
    const { bus } = await startBus();
    const finishes: CommandFinish[] = [
      () => ok('another') as CommandResult,
      () => Promise.resolve(ok('later') as CommandResult),
      () => {
        throw new Error('no');
      },
      () => Promise.reject(new Error('not later')),
      () => undefined as never,
    ];
    let finish: CommandFinish | undefined;
    bus.addCommandMiddleware({ name: 'm', aroundCommand: () => finish! });
    bus.registerCommandHandler(Ask, () => 'its own');
    const results: unknown[] = [];

    for (finish of finishes) results.push(await bus.execute(Ask({ text: '' })));

    expect(results).toMatchObject([
      { result: 'another' },
      { result: 'later' },
      { error: { message: 'no' } },
      { error: { message: 'not later' } },
      { error: { code: 'LLMGINE_MIDDLEWARE_MISUSE' } },
    ]);
  });

  it('8 hears of the failure of an event handler, and may throw another one', async () => {
    const { bus } = await startBus();
    const heard: unknown[] = [];
    bus.addEventMiddleware({
      name: 'm',
      aroundEvent:
        ({ handler }) =>
        (error) => {
          heard.push([handler, error?.message]);
          if (handler === 'b') throw new Error('refused');
        },
    });
    bus.registerEventHandler(Said, () => Promise.reject(new Error('no')), { name: 'a' });
    bus.registerEventHandler(Said, () => {}, { name: 'b' });

    const { failures } = (await bus.publish(Said({ text: '' }))) as { failures: unknown };

    expect(heard).toEqual([
      ['b', undefined],
      ['a', 'no'],
    ]);
    expect(failures).toMatchObject([
      { handler: 'b', error: { message: 'refused' } },
      { handler: 'a', error: { message: 'no' } },
    ]);
  });

  it('8 may not call next besides, at once or afterwards', async () => {
    const { bus, clock } = await startBus();
    let calls = 0;
    bus.registerCommandHandler(Ask, () => `${calls++}`);
    const layers: CommandMiddleware['aroundCommand'][] = [
      (_call, next) => {
        void next();
        return (result) => result;
      },
      (_call, next) => () => next(),
    ];

    for (const aroundCommand of layers) {
      using _ = bus.addCommandMiddleware({ name: 'both', aroundCommand });
      expect(await now(bus.execute(Ask({ text: '' })), clock)).toMatchObject({
        error: { code: 'LLMGINE_MIDDLEWARE_MISUSE', middleware: 'both' },
      });
    }

    expect(calls).toBe(2);
  });

  it('8 hears of the result between one that waits for next and one that hands it on', async () => {
    const { bus } = await startBus();
    const steps: string[] = [];
    bus.addCommandMiddleware(around('waits', steps));
    bus.addCommandMiddleware({
      name: 'function',
      aroundCommand: () => (result) => {
        steps.push('function after');
        return result;
      },
    });
    bus.addCommandMiddleware({ name: 'hands on', aroundCommand: (_call, next) => next() });
    bus.registerCommandHandler(Ask, () => '');

    await bus.execute(Ask({ text: '' }));

    expect(steps).toEqual(['waits before', 'function after', 'waits after']);
  });

  it('8 may not call next afterwards though one that repeats inside it has called its own', async () => {
    const { bus, clock } = await startBus();
    let handled = 0;
    bus.addCommandMiddleware({
      name: 'outer',
      aroundCommand: (_call, next) => async () => {
        await settle({ clock });
        return next();
      },
    });
    bus.addCommandMiddleware({
      name: 'inner',
      repeats: true,
      aroundCommand(_call, next) {
        void next();
        return Promise.resolve(fail('did not wait') as CommandResult);
      },
    });
    bus.registerCommandHandler(Ask, () => Promise.resolve(String(++handled)));

    const result = await bus.execute(Ask({ text: '' }));

    expect(result).toMatchObject({ error: { middleware: 'outer' } });
    expect(handled).toBe(1);
  });

  it('8 may call next again afterwards when it repeats, through the layers inside it', async () => {
    const { bus } = await startBus();
    const steps: string[] = [];
    bus.addCommandMiddleware({
      name: 'again',
      repeats: true,
      aroundCommand: (_call, next) => async (first) => {
        const second = first.success ? first : await next();
        return second.success ? second : next();
      },
    });
    bus.addCommandMiddleware(marking('inner', steps));
    bus.registerCommandHandler(Ask, (_command, { attempt }) =>
      attempt < 3 ? fail('no') : ok('yes'),
    );

    expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ result: 'yes' });
    expect(steps).toHaveLength(6);
  });

  it('8 hears of an abort, and cannot change what the caller got', async () => {
    const { bus, clock } = await startBus();
    const heard: CommandResult[] = [];
    bus.addCommandMiddleware({
      name: 'm',
      aroundCommand: () => (result) => {
        heard.push(result);
        return ok('as if nothing had happened') as CommandResult;
      },
    });
    bus.registerCommandHandler(Ask, forever);
    const executed = bus.execute(Ask({ text: '' }), { timeoutMs: 10 });

    await clock.advanceAsync(10);

    expect(await executed).toMatchObject({ error: { code: 'LLMGINE_COMMAND_TIMEOUT' } });
    expect(heard).toMatchObject([{ error: { code: 'LLMGINE_COMMAND_TIMEOUT' } }]);
  });

  it('8 shares one reading of the clock with its neighbours on each way, and none with the handler', async () => {
    let readings = 0;
    const clock = createFakeClock();
    clock.monotonic = () => readings++;
    const bus = createMessageBus({ clock });
    const seen: number[] = [];
    for (const name of ['a', 'b']) {
      bus.addCommandMiddleware({
        name,
        aroundCommand(call) {
          seen.push(call.clock.monotonic());
          return (result) => {
            seen.push(call.clock.monotonic());
            return result;
          };
        },
      });
    }
    bus.registerCommandHandler(Ask, async () => '');
    await bus.start();

    await bus.execute(Ask({ text: '' }));

    const [inA, inB, outB, outA] = seen;
    expect([inB, outA]).toEqual([inA, outB]);
    expect(outB).toBeGreaterThan(inA!);
    await bus.stop();
  });

  it('8 shares no reading of the clock once anybody waits', async () => {
    let readings = 0;
    const clock = createFakeClock();
    clock.monotonic = () => readings++;
    const { bus } = await startBus({}, clock);
    const seen: Record<string, number[]> = {};
    const twice = (where: string, given: Clock): void => {
      seen[where] = [given.monotonic(), given.monotonic()];
    };
    let callClock: Clock = clock;
    bus.addCommandMiddleware({
      name: 'waits afterwards',
      aroundCommand: (call) => async (result) => {
        await Promise.resolve();
        twice('afterwards', call.clock);
        return result;
      },
    });
    bus.addCommandMiddleware({
      name: 'waits before',
      async aroundCommand(call, next) {
        await Promise.resolve();
        twice('before', call.clock);
        return next();
      },
    });
    bus.addCommandMiddleware({
      name: 'gives a function',
      aroundCommand({ clock: given }) {
        callClock = given;
        return (result) => result;
      },
    });
    bus.registerCommandHandler(Ask, () => {
      twice('handler', callClock);
      return '';
    });

    await bus.execute(Ask({ text: '' }));

    for (const where of ['before', 'handler', 'afterwards']) {
      const [first, second] = seen[where]!;
      expect(second).toBeGreaterThan(first!);
    }
  });
});

describe('invokers', () => {
  it('an invoker decides how often the handler is called; attempts are counted by the bus', async () => {
    const attempts: number[] = [];
    const { bus } = await startBus({
      invoker: async (_call, invoke) => {
        await invoke(1);
        return invoke(2);
      },
    });
    bus.registerCommandHandler(Ask, (_command, { attempt }) => {
      attempts.push(attempt);
      return `${attempt}`;
    });

    expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ result: '2' });
    expect(attempts).toEqual([1, 2]);
  });

  it('an invoker that throws fails the command', async () => {
    const { bus } = await startBus({ invoker: () => Promise.reject(new Error('no')) });
    bus.registerCommandHandler(Ask, () => '');

    expect(await bus.execute(Ask({ text: '' }))).toMatchObject({ error: { message: 'no' } });
  });

  it('an event invoker may call a handler again', async () => {
    const attempts: number[] = [];
    const { bus } = await startBus({
      eventInvoker: (_call, invoke) => invoke(1).catch(() => invoke(2)),
    });
    bus.registerEventHandler(Said, (_event, { attempt }) => {
      attempts.push(attempt);
      if (attempt === 1) throw new Error('no');
    });

    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ failures: [] });
    expect(attempts).toEqual([1, 2]);
  });
});
