import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  AsyncSchemaError,
  createMessageBus,
  defineCommand,
  defineEvent,
  every,
  fail,
  InvalidMessageError,
  InvalidOptionsError,
  LlmgineError,
  sessionId,
  typeOnly,
  type BusSession,
  type MessageBus,
} from '../src/index.ts';
import { Ask, makeBus, Said, startBus } from './running-bus.ts';

const data = typeOnly<unknown>();

/** What is thrown, or what a promise rejects with. */
async function misuse(act: () => unknown): Promise<InvalidOptionsError> {
  try {
    await act();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(LlmgineError);
    return thrown as InvalidOptionsError;
  }
  throw new Error('nothing was refused');
}

describe('5 bad definitions', () => {
  it.each<[string, unknown, unknown, RegExp]>([
    ['an empty type', '', { data }, /type must be a non-empty string/],
    ['a type that is no string', 7, { data }, /type must be a non-empty string/],
    ['no shape', 'x', undefined, /data must be a Standard Schema/],
    ['data that is no schema', 'x', { data: {} }, /data must be a Standard Schema/],
    ['version 0', 'x', { data, version: 0 }, /version must be an integer at least 1, got 0/],
    ['version 1.5', 'x', { data, version: 1.5 }, /got 1\.5/],
    [
      'an upcast from the present version',
      'x',
      { data, upcast: { 1: () => 1 } },
      /upcast from version 1/,
    ],
    [
      'an upcast from no version',
      'x',
      { data, version: 3, upcast: { one: () => 1 } },
      /upcast from version one/,
    ],
    [
      'an upcast that is no function',
      'x',
      { data, version: 2, upcast: { 1: {} } },
      /version 1 must be a function/,
    ],
    ['upcasts that are no object', 'x', { data, upcast: 'none' }, /upcast must be an object/],
    ['null for a shape', 'x', null, /data must be a Standard Schema/],
    ['a misspelt option', 'x', { data, verson: 2 }, /verson is no option, there are data, /],
    ['the type of anyEvent', '*', { data }, /'\*'/],
  ])('%s is refused, for commands and events', async (_, type, shape, message) => {
    for (const define of [defineCommand, defineEvent] as readonly ((
      ...given: never[]
    ) => unknown)[]) {
      const refused = await misuse(() => define(type as never, shape as never));

      expect(refused).toBeInstanceOf(InvalidOptionsError);
      expect(refused).toMatchObject({ code: 'LLMGINE_INVALID_OPTIONS' });
      expect(refused.message).toMatch(message);
    }
  });

  it.each<[string, object, string]>([
    ['a result', { result: 7 }, 'result must be a Standard Schema, e.g. of zod, or typeOnly<T>()'],
    ['retry', { retry: 'no' }, "retry must be a boolean, got 'no'"],
    [
      'lossy',
      { lossy: true },
      'lossy is no option, there are data, result, retry, version, upcast',
    ],
  ])("a command's %s that is none is refused", async (_, part, problem) => {
    const shape = { data, ...part } as never;

    expect(await misuse(() => defineCommand('x', shape))).toMatchObject({ problems: [problem] });
  });

  it.each<[string, object, string]>([
    ['lossy', { lossy: 1 }, 'lossy must be a boolean, got 1'],
    ['retry', { retry: false }, 'retry is no option, there are data, lossy, lane, version, upcast'],
  ])("an event's %s that is none is refused", async (_, part, problem) => {
    const shape = { data, ...part } as never;

    expect(await misuse(() => defineEvent('x', shape))).toMatchObject({ problems: [problem] });
  });

  it('a lane that is none is refused', async () => {
    expect(await misuse(() => defineEvent('x', { data, lane: 'mine' as never }))).toMatchObject({
      problems: ["lane must be 'session', 'none' or a function"],
    });
  });

  it('all problems are told at once', async () => {
    const refused = await misuse(() =>
      defineEvent('', { data: {}, version: -1, lane: 7 } as never),
    );

    expect(refused.problems).toHaveLength(4);
  });
});

describe('5 bad messages', () => {
  const Strict = defineEvent('strict', {
    data: z.object({ text: z.string(), at: z.object({ x: z.number() }) }),
  });

  it('invalid data throws at creation with all issues and paths', async () => {
    const refused = await misuse(() => Strict({ text: 1, at: { x: 'a' } } as never));

    expect(refused).toBeInstanceOf(InvalidMessageError);
    expect(refused).toMatchObject({
      code: 'LLMGINE_INVALID_MESSAGE',
      messageType: 'strict',
      issues: [{ path: ['text'] }, { path: ['at', 'x'] }],
    });
    expect(refused.message).toMatch(/^Event 'strict' has invalid data: text: .*; at\.x: /);
  });

  it.each([
    ['only a kind', {}],
    ['no id', { type: 'said', sessionId: 'BUS', data: {} }],
    ['no session', { type: 'said', id: 'x', data: {} }],
  ])('a message made by hand with %s is refused', async (_, parts) => {
    const { bus } = await startBus();

    const event = await misuse(() => bus.publish({ kind: 'event', ...parts } as never));
    const command = await misuse(() => bus.execute({ kind: 'command', ...parts } as never));

    expect(event.code).toBe('LLMGINE_INVALID_OPTIONS');
    expect(command.code).toBe('LLMGINE_INVALID_OPTIONS');
  });

  it('an outcome that fails with no Error has one all the same', () => {
    const outcome = fail({ reason: 'x' } as never);

    expect(outcome).toMatchObject({ success: false, error: { cause: { reason: 'x' } } });
    expect(!outcome.success && outcome.error).toBeInstanceOf(Error);
  });

  it('data that is left out although it is needed is told as that', async () => {
    expect((await misuse(() => Strict(undefined as never))).message).toMatch(/text: .*at: /);
  });

  it('a schema that validates asynchronously is refused with ASYNC_SCHEMA, also when it would reject', async () => {
    for (const valid of [true, false]) {
      const Slow = defineCommand('slow', { data: z.string().refine(async () => valid) });

      const refused = await misuse(() => Slow('a'));

      expect(refused).toBeInstanceOf(AsyncSchemaError);
      expect(refused).toMatchObject({ code: 'LLMGINE_ASYNC_SCHEMA', messageType: 'slow' });
    }
  });

  it.each<[string, object, string[]]>([
    ['id', { id: '' }, ['id']],
    ['id', { id: 7 }, ['id']],
    ['sessionId', { sessionId: '' }, ['sessionId']],
    ['correlationId', { correlationId: null }, ['correlationId']],
    ['createdAt', { createdAt: new Date() }, ['createdAt']],
    ['scheduledAt', { scheduledAt: Number.NaN }, ['scheduledAt']],
    ['scheduledAt', { scheduledAt: new Date() }, ['scheduledAt']],
    ['scheduledAt', { scheduledAt: '2026-01-01T00:00:00Z' }, ['scheduledAt']],
    ['metadata', { metadata: 'x' }, ['metadata']],
    ['metadata', { metadata: [] }, ['metadata']],
    ['metadata', { metadata: null }, ['metadata']],
  ])('an option %s that cannot be is refused at creation: %j', async (_, options, path) => {
    expect(await misuse(() => Said({ text: '' }, options as never))).toMatchObject({
      code: 'LLMGINE_INVALID_MESSAGE',
      issues: [{ path }],
    });
  });

  it.each(['__proto__', 'constructor', 'prototype'])(
    'the dangerous key %s in metadata is refused',
    async (key) => {
      const metadata = JSON.parse(`{"${key}": {"polluted": true}, "fine": 1}`) as Record<
        string,
        unknown
      >;

      expect(await misuse(() => Said({ text: '' }, { metadata }))).toMatchObject({
        code: 'LLMGINE_INVALID_MESSAGE',
        issues: [{ path: ['metadata', key] }],
      });
      expect({}).not.toHaveProperty('polluted');
    },
  );

  it('a lane function that gives no string is refused when the message is made', async () => {
    const Keyed = defineEvent('keyed', { data, lane: () => 7 as never });

    expect(await misuse(() => Keyed({}))).toMatchObject({ issues: [{ path: ['lane'] }] });
  });

  it('an empty session id is refused', async () => {
    expect((await misuse(() => sessionId(''))).message).toMatch(/non-empty string/);
    expect((await misuse(() => sessionId(undefined as never))).message).toMatch(/non-empty string/);
  });

  it('types and sessions named like methods of objects are only names', async () => {
    const { bus } = await startBus();
    const seen: string[] = [];
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      const Odd = defineEvent(name, { data });
      bus.registerEventHandler(Odd, ({ type }) => void seen.push(type), {
        sessionId: sessionId(name),
      });
      await bus.publish(Odd({}, { sessionId: sessionId(name) }));
    }

    expect(seen).toEqual(['__proto__', 'constructor', 'toString', 'hasOwnProperty']);
  });
});

describe('5 bad options of the bus', () => {
  it('misspelt names are refused, all at once', () => {
    const wrong = { concurency: 3, batch: { sise: 1 } };

    expect(() => createMessageBus(wrong as never)).toThrowError(
      /concurency is no option, there are .*; batch.sise is no option, there are size, timeoutMs/,
    );
  });

  it('all problems are told at once', async () => {
    const refused = await misuse(() =>
      createMessageBus({
        concurrency: 0,
        errorHistory: -1,
        leaseMs: Infinity,
        reentrancy: 'maybe' as never,
        batch: { size: 0, timeoutMs: -1 },
      }),
    );

    expect(refused).toBeInstanceOf(InvalidOptionsError);
    expect(refused.problems).toHaveLength(6);
    expect(refused.message).toMatch(
      /^Cannot create bus: .*batch\.size must be an integer at least 1, got 0/,
    );
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', null, /options must be an object/],
    ['a string', 'fast', /options must be an object/],
    ['a batch that is a number', { batch: 5 }, /batch must be an object/],
    ['a batch whose time is text', { batch: { timeoutMs: '10' } }, /batch\.timeoutMs .* got '10'/],
    ['messages that are types', { messages: ['said'] }, /messages must be a list of definitions/],
    ['one message', { messages: Said }, /messages must be a list of definitions/],
    ['a clock without time', { clock: {} }, /clock must have the method monotonic/],
    ['a store that is none', { scheduledEvents: {} }, /scheduledEvents must have .* claimDue/],
    ['an invoker that is an object', { invoker: {} }, /invoker must be a function/],
    ['a stamp that is no function', { stampMetadata: {} }, /stampMetadata must be a function/],
  ])('%s is refused when the bus is made', async (_, options, message) => {
    const refused = await misuse(() => createMessageBus(options as never));

    expect(refused).toBeInstanceOf(InvalidOptionsError);
    expect(refused.message).toMatch(message);
  });

  it('a batch without a time is told as that', async () => {
    const { bus } = makeBus();

    const refused = await misuse(() => bus.setBatchProcessing({ size: 1 } as never));

    expect(refused.problems).toEqual(['timeoutMs must be a finite number at least 0, got null']);
  });

  it.each<[string, (bus: MessageBus, session: BusSession) => unknown]>([
    ['stop with a negative deadline', (bus) => bus.stop({ deadlineMs: -1 })],
    ['stop with a deadline that is no number', (bus) => bus.stop({ deadlineMs: Number.NaN })],
    ['end with a negative deadline', (_bus, session) => session.end(undefined, { deadlineMs: -1 })],
    ['execute with no time', (bus) => bus.execute(Ask({ text: '' }), { timeoutMs: 0 })],
    ['execute with NaN', (bus) => bus.execute(Ask({ text: '' }), { timeoutMs: Number.NaN })],
    [
      'execute with a time that is no number',
      (bus) => bus.execute(Ask({ text: '' }), { timeoutMs: '5' as never }),
    ],
    [
      'execute with a signal that is none',
      (bus) => bus.execute(Ask({ text: '' }), { signal: {} as never }),
    ],
    [
      'publish with a signal that is none',
      (bus) => bus.publish(Said({ text: '' }), { signal: 'now' as never }),
    ],
    ['execute an event', (bus) => bus.execute(Said({ text: '' }) as never)],
    ['execute nothing', (bus) => bus.execute(undefined as never)],
    ['publish a command', (bus) => bus.publish(Ask({ text: '' }) as never)],
    ['publish nothing', (bus) => bus.publish(undefined as never)],
    ['publish a definition', (bus) => bus.publish(Said as never)],
    ['session.publish a command', (_bus, session) => session.publish(Ask({ text: '' }) as never)],
    ['a session without a name', (bus) => bus.session('' as never)],
    ['a session called BUS', (bus) => bus.session(sessionId('BUS'))],
    ['a session whose name is no string', (bus) => bus.session(7 as never)],
    ['a batch of none', (bus) => bus.setBatchProcessing({ size: 0, timeoutMs: 0 })],
    ['a batch that never goes', (bus) => bus.setBatchProcessing({ size: 1, timeoutMs: Infinity })],
    ['a batch without a time', (bus) => bus.setBatchProcessing({ size: 1 } as never)],
    ['a batch without a size', (bus) => bus.setBatchProcessing({ timeoutMs: 1 } as never)],
    ['a handler that is no function', (bus) => bus.registerEventHandler(Said, {} as never)],
    ['an event handler of a command', (bus) => bus.registerEventHandler(Ask as never, () => {})],
    [
      'a command handler of an event',
      (bus) => bus.registerCommandHandler(Said as never, (() => {}) as never),
    ],
    [
      'a handler of nothing',
      (bus) => bus.registerCommandHandler(undefined as never, (() => {}) as never),
    ],
    ['a handler with no time', (bus) => bus.registerEventHandler(Said, () => {}, { timeoutMs: 0 })],
    ['a handler without a name', (bus) => bus.registerEventHandler(Said, () => {}, { name: '' })],
    [
      'a handler of priority NaN',
      (bus) => bus.registerEventHandler(Said, () => {}, { priority: Number.NaN }),
    ],
    [
      'a handler of an empty session',
      (bus) => bus.registerEventHandler(Said, () => {}, { sessionId: '' as never }),
    ],
    ['a filter of nothing', (bus) => bus.addEventFilter(undefined as never)],
    ['a filter that is a function', (bus) => bus.addEventFilter((() => true) as never)],
    ['a command middleware without its method', (bus) => bus.addCommandMiddleware({} as never)],
    ['a command middleware of nothing', (bus) => bus.addCommandMiddleware(undefined as never)],
    ['an event middleware of nothing', (bus) => bus.addEventMiddleware(undefined as never)],
    ['an observer without observe', (bus) => bus.addObserver({} as never)],
    ['an observer of nothing', (bus) => bus.addObserver(undefined as never)],
    ['a manager of nothing', (bus) => bus.setObservabilityManager(undefined as never)],
    ['a schedule without recurrence', (bus) => bus.schedule(Said({ text: '' }), {} as never)],
    ['a schedule of a command', (bus) => bus.schedule(Ask({ text: '' }) as never, every(1))],
    ['a schedule without an id', (bus) => bus.schedule(Said({ text: '' }), every(1), { id: '' })],
    [
      'a schedule with an odd onMissed',
      (bus) => bus.schedule(Said({ text: '' }), every(1), { onMissed: 'all' as never }),
    ],
    ['reschedule to NaN', (bus) => bus.reschedule('x', Number.NaN)],
    ['every 0 ms', () => every(0)],
    ['every NaN', () => every(Number.NaN)],
  ])('%s is refused with INVALID_OPTIONS and says what it takes', async (_, act) => {
    const { bus } = await startBus();
    const session = await bus.session();

    const refused = await misuse(() => act(bus, session));

    expect(refused).toBeInstanceOf(InvalidOptionsError);
    expect(refused.message).toMatch(/^Cannot .+: .+/);
    expect(bus.getStats()).toMatchObject({ registeredHandlers: 0, sessions: 1 });
  });

  it('a schedule whose id is in use is refused until that one is disposed', async () => {
    const { bus } = await startBus();
    const first = bus.schedule(Said({ text: '' }), every(1_000), { id: 'tick' });

    expect(
      (await misuse(() => bus.schedule(Said({ text: '' }), every(1), { id: 'tick' }))).message,
    ).toMatch(/'tick'/);
    first[Symbol.dispose]();

    expect(() => bus.schedule(Said({ text: '' }), every(1_000), { id: 'tick' })).not.toThrow();
  });

  it('misuse rejects, it never throws out of a method that gives a promise', () => {
    const { bus } = makeBus();

    for (const act of [
      () => bus.publish(undefined as never),
      () => bus.execute(undefined as never),
      () => bus.session('' as never),
      () => bus.stop({ deadlineMs: -1 }),
      () => bus.reschedule('x', Number.NaN),
    ]) {
      const given = act();

      expect(given).toBeInstanceOf(Promise);
      given.catch(() => {});
    }
  });

  it('options that are undefined have their defaults', async () => {
    const { bus } = await startBus({ batch: { size: undefined, timeoutMs: undefined } as never });

    expect(bus.getStats().batch).toEqual({ size: 256, timeoutMs: 0 });
    expect(await bus.publish(Said({ text: '' }))).toMatchObject({ status: 'processed' });
  });

  it('a message from JSON, without a definition, is carried like any other', async () => {
    const { bus } = await startBus();
    const seen: unknown[] = [];
    bus.registerEventHandler(Said, (event) => void seen.push(event));
    const stored = JSON.parse(JSON.stringify(Said({ text: 'a' }))) as ReturnType<typeof Said>;

    await bus.publish(stored);

    expect(seen).toEqual([stored]);
  });

  it('no state is shared: two buses in one process know nothing of each other', async () => {
    const [one, other] = [await startBus(), await startBus()];
    one.bus.registerCommandHandler(Ask, () => 'one');
    const again = defineEvent('said', { data });
    one.bus.registerEventHandler(Said, () => {});
    other.bus.registerEventHandler(again, () => {});
    await one.bus.session(sessionId('s'));

    expect(await other.bus.execute(Ask({ text: '' }))).toMatchObject({ success: false });
    expect((await other.bus.session(sessionId('s'))).sessionId).toBe('s');
    await one.bus.stop();
    expect(await other.bus.publish(again({}))).toMatchObject({ status: 'processed' });
  });
});
