import { createFakeClock } from '@llmgine/testing';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  anyEvent,
  BUS_SCOPE,
  createMessageBus,
  defineCommand,
  defineEvent,
  defineMessages,
  DuplicateDefinitionError,
  InvalidMessageError,
  isLlmgineError,
  sessionId,
  toErrorData,
  typeOnly,
} from '../src/index.ts';
import { Ask, Heard, makeBus, Said, settle, startBus, Tell } from './running-bus.ts';

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The same shape in three libraries: a name with a default, and a count that must be a number. */
const shapes = [
  ['zod', z.object({ name: z.string().default('world'), count: z.number() })],
  ['valibot', v.object({ name: v.optional(v.string(), 'world'), count: v.number() })],
  ['arktype', type({ name: 'string = "world"', count: 'number' })],
] as const;

describe('messages', () => {
  describe.each(shapes)('with %s', (library, data) => {
    const Counted = defineEvent(`counted.${library}`, { data });

    it('1.1 a definition validates, applies defaults and returns plain data', () => {
      const event = Counted({ count: 2 });

      expect(event.data).toEqual({ name: 'world', count: 2 });
    });

    it('1.1 invalid data throws at creation with every issue and its path', () => {
      const make = (): unknown => Counted({ name: 1, count: 'x' } as never);

      expect(make).toThrow(InvalidMessageError);
      expect(make).toThrow(
        /^Event 'counted\.\w+' has invalid data: (name|count): .*(name|count): /s,
      );
      try {
        make();
      } catch (thrown) {
        const paths = (thrown as InvalidMessageError).issues.map(({ path = [] }) =>
          path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join(),
        );
        expect(paths.toSorted()).toEqual(['count', 'name']);
      }
    });
  });

  it('1.1 a message is a plain, unfrozen envelope around its data', () => {
    const { defineEvent } = defineMessages({ clock: createFakeClock({ now: 5_000 }) });
    const Noted = defineEvent('noted', { data: typeOnly<{ readonly text: string }>() });

    const event = Noted({ text: 'a' });

    expect(event).toEqual({
      kind: 'event',
      type: 'noted',
      version: 1,
      id: expect.stringMatching(uuidV7),
      data: { text: 'a' },
      sessionId: 'BUS',
      createdAt: 5_000,
      correlationId: event.id,
      metadata: {},
    });
    expect(Object.getPrototypeOf(event)).toBe(Object.prototype);
    expect(Object.isFrozen(event)).toBe(false);
    expect(JSON.parse(JSON.stringify(event))).toEqual(event);
  });

  it('1.1 a definition says what it makes and narrows to it', () => {
    const Greet = defineCommand('greet', { data: z.object({}), retry: false, version: 2 });

    expect({ ...Greet }).toMatchObject({
      kind: 'command',
      type: 'greet',
      version: 2,
      retry: false,
    });
    expect(Greet.is(Greet())).toBe(true);
    expect(Greet.is(Said({ text: 'a' }))).toBe(false);
    expect(Said.is(Heard({ text: 'a' }))).toBe(false);
  });

  it('1.1 data may be left out when every field has a default', () => {
    const Greet = defineCommand('greet', {
      data: z.object({ name: z.string().default('world') }),
    });

    expect(Greet().data).toEqual({ name: 'world' });
    expect(Greet({}).data).toEqual({ name: 'world' });
  });

  it('1.1 data left out of a type-only message is an empty object, as it is for a schema', () => {
    const Ping = defineEvent('ping', { data: typeOnly<{ readonly note?: string }>() });

    expect(Ping().data).toEqual({});
  });

  it('1.1 a schema without a value takes none', () => {
    const Ping = defineEvent('ping', { data: z.void() });

    expect(Ping().data).toBeUndefined();
  });

  it('1.1 a default for the data as a whole is applied', () => {
    const Named = defineEvent('named', { data: z.string().default('nobody') });

    expect(Named(undefined).data).toBe('nobody');
  });

  it('1.1 typeOnly checks nothing', () => {
    expect(Said({ text: 7 } as never).data).toEqual({ text: 7 });
  });

  it('1.2 ids are UUIDv7, unique and sorted by the time they were made', () => {
    const ids = Array.from({ length: 10_000 }, () => Said({ text: 'a' }).id);

    expect(ids.every((id) => uuidV7.test(id))).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
  });

  it('1.2 two definers (as in two processes) never give the same id, also in one millisecond', () => {
    const clock = createFakeClock();
    const [one, other] = [defineMessages({ clock }), defineMessages({ clock })].map((definer) =>
      definer.defineEvent('tick', { data: typeOnly<unknown>() }),
    );
    const ids = Array.from({ length: 1_000 }, () => [one!({}).id, other!({}).id]).flat();

    expect(new Set(ids).size).toBe(2_000);
  });

  it('1.2 an id tells when it was made, whatever createdAt says', () => {
    const clock = createFakeClock({ now: 1_700_000_000_000 });
    const Tick = defineMessages({ clock }).defineEvent('tick', { data: typeOnly<unknown>() });

    const fromThePast = Tick({}, { createdAt: -5 });
    const fromTheFuture = Tick({}, { createdAt: 9e15 });
    const present = Tick({});

    for (const { id } of [fromThePast, fromTheFuture, present]) {
      expect(id).toMatch(uuidV7);
      expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(1_700_000_000_000);
    }
    expect(fromThePast.createdAt).toBe(-5);
  });

  it('1.2 options set id, session, correlation, creation, metadata and schedule', () => {
    const options = {
      id: 'own',
      sessionId: sessionId('s'),
      correlationId: 'c',
      createdAt: 1,
      metadata: { trace: 'x' },
      scheduledAt: 9,
    };

    expect(Said({ text: 'a' }, options)).toMatchObject(options);
  });

  it('1.2 metadata is copied, so that what the caller changes later changes no message', () => {
    const metadata: Record<string, unknown> = { a: 1 };
    const event = Said({ text: 'a' }, { metadata });

    metadata['a'] = 2;

    expect(event.metadata).toEqual({ a: 1 });
  });

  it('1.3 a root takes correlation and causation from the message being handled, through the context and through the bare bus', async () => {
    const { bus } = await startBus();
    const heard: unknown[] = [];
    bus.registerEventHandler(Said, async (_event, context) => {
      await context.publish(Heard({ text: 'context' }));
      await bus.publish(Heard({ text: 'bus' }));
      await context.execute(Ask({ text: 'context' }));
      await bus.execute(Ask({ text: 'bus' }));
      await context.publish(Heard({ text: 'queued' }), { awaitProcessing: false });
    });
    const keep = ({
      correlationId,
      causationId,
    }: {
      correlationId: string;
      causationId?: string;
    }) => void heard.push([correlationId, causationId]);
    bus.registerEventHandler(Heard, keep);
    bus.registerCommandHandler(Ask, (command) => {
      keep(command);
      return '';
    });
    const root = Said({ text: 'root' }, { correlationId: 'conversation' });

    await bus.publish(root);
    await bus.waitForEvents();

    expect(heard).toEqual(Array.from({ length: 5 }, () => ['conversation', root.id]));
  });

  it('1.3 a message with a correlation of its own keeps it, and has no cause', async () => {
    const { bus } = await startBus();
    const heard: unknown[] = [];
    bus.registerEventHandler(Said, (_event, context) =>
      context.publish(Heard({ text: 'b' }, { correlationId: 'other' })).then(() => {}),
    );
    bus.registerEventHandler(Heard, (event) => void heard.push(event));

    await bus.publish(Said({ text: 'a' }));

    expect(heard).toMatchObject([{ correlationId: 'other' }]);
    expect(heard[0]).not.toHaveProperty('causationId');
  });

  it('1.3 inheritance happens on a copy: the message given stays as it was', async () => {
    const { bus } = await startBus();
    const given = Heard({ text: 'b' });
    const before = structuredClone(given);
    bus.registerEventHandler(Said, (_event, context) => context.publish(given).then(() => {}), {
      sessionId: sessionId('s'),
    });

    await bus.publish(Said({ text: 'a' }, { sessionId: sessionId('s') }));

    expect(given).toEqual(before);
  });

  it('1.3 context and session replace BUS by their session; a bare bus call never changes it; an explicit other session is kept', async () => {
    const { bus } = await startBus();
    const [s, other] = [sessionId('s'), sessionId('other')];
    const session = await bus.session(s);
    const scopes: string[] = [];
    bus.registerEventHandler(Heard, (event) => void scopes.push(event.sessionId));
    session.registerCommandHandler(Ask, async (_command, context) => {
      expect(context.sessionId).toBe(s);
      await context.publish(Heard({ text: 'a' }));
      await bus.publish(Heard({ text: 'b' }));
      await context.publish(Heard({ text: 'c' }, { sessionId: other }));
      await session.publish(Heard({ text: 'd' }));
      return '';
    });

    await session.execute(Ask({ text: '' }));

    expect(scopes).toEqual([s, BUS_SCOPE, other, s]);
  });

  it('1.3 an event that its own handler publishes again is not its own cause', async () => {
    const { bus } = await startBus();
    const seen: unknown[] = [];
    bus.registerEventHandler(Said, async (event, context) => {
      seen.push(event);
      if (seen.length === 1) await context.publish(event);
    });
    const event = Said({ text: '' });

    await bus.publish(event);

    expect(seen).toEqual([event, event]);
  });

  it('1.3 nested causes form a chain with one correlation', async () => {
    const { bus } = await startBus();
    const chain: unknown[] = [];
    bus.registerCommandHandler(Ask, (command, context) => {
      chain.push(command.causationId);
      return context.execute(Tell({ text: '' })).then(() => '');
    });
    bus.registerCommandHandler(Tell, (command, context) => {
      chain.push(command.causationId);
      return context.publish(Said({ text: '' }));
    });
    const ids: string[] = [];
    bus.registerEventHandler(Said, (event) => void chain.push(event.causationId));
    bus.addObserver({
      observe: (signal) => {
        if (signal.type === 'command.started') ids.push(signal.command.id);
        if (signal.type === 'event.published') expect(signal.event.correlationId).toBe(ids[0]);
      },
    });

    await bus.execute(Ask({ text: '' }));

    expect(chain).toEqual([undefined, ids[0], ids[1]]);
  });

  it('1.3 stampMetadata adds to every message that enters, and sees its cause', async () => {
    const parents: (string | undefined)[] = [];
    const { bus } = await startBus({
      stampMetadata: (metadata, parent) => {
        metadata['trace'] = 't';
        parents.push(parent?.type);
      },
    });
    const seen: unknown[] = [];
    bus.registerCommandHandler(Ask, async (command, context) => {
      seen.push(command.metadata);
      await context.publish(Said({ text: '' }, { metadata: { own: 1 } }));
      return '';
    });
    bus.registerEventHandler(Said, (event) => void seen.push(event.metadata));

    await bus.execute(Ask({ text: '' }));

    expect(seen).toEqual([{ trace: 't' }, { own: 1, trace: 't' }]);
    expect(parents).toEqual([undefined, 'ask']);
  });

  it('1.4 errors become ErrorData with name, message, code, stack and cause, however they are thrown', () => {
    const error = new TypeError('bad', { cause: 'because' });
    Object.assign(error, { code: 'E_BAD' });

    expect(toErrorData(error)).toEqual({
      name: 'TypeError',
      message: 'bad',
      code: 'E_BAD',
      stack: error.stack,
      cause: { name: 'Error', message: 'because', stack: expect.any(String) },
    });
  });

  it('1.4 a cyclic chain of causes ends', () => {
    const error = new Error('a');
    error.cause = new Error('b', { cause: error });

    expect(JSON.stringify(toErrorData(error)).length).toBeLessThan(100_000);
  });

  it('1.4 the hot path does not check that data is JSON-safe', async () => {
    const { bus } = await startBus();
    const Odd = defineEvent('odd', { data: typeOnly<{ readonly value: bigint }>() });
    let seen: unknown;
    bus.registerEventHandler(Odd, (event) => void (seen = event.data.value));

    await bus.publish(Odd({ value: 1n }));

    expect(seen).toBe(1n);
  });

  it('1.5 two definitions of one type may not be known to one bus', () => {
    const { bus } = makeBus();
    const again = defineEvent('said', { data: typeOnly<unknown>() });
    bus.registerEventHandler(Said, () => {});

    expect(() => bus.registerEventHandler(again, () => {})).toThrow(DuplicateDefinitionError);
    expect(() => bus.registerEventHandler(again, () => {})).toThrow(/'said'/);
    expect(bus.getStats().registeredHandlers).toBe(1);
  });

  it('1.5 a command and an event of one type are two definitions too', () => {
    const { bus } = makeBus();
    const command = defineCommand('said', { data: typeOnly<unknown>() });
    bus.registerEventHandler(Said, () => {});

    expect(() => bus.registerCommandHandler(command, () => {})).toThrow(DuplicateDefinitionError);
  });

  it('1.5 messages names types that are known without a handler', () => {
    const again = defineEvent('said', { data: typeOnly<unknown>() });

    expect(() => createMessageBus({ messages: [Said, again] })).toThrow(DuplicateDefinitionError);
    const bus = createMessageBus({ messages: [Said, Ask] });
    expect(() => bus.registerEventHandler(again, () => {})).toThrow(DuplicateDefinitionError);
    expect(() => bus.registerEventHandler(Said, () => {})).not.toThrow();
  });

  it('1.6 the version is on the envelope, 1 unless said otherwise', () => {
    const Second = defineEvent('second', {
      data: typeOnly<unknown>(),
      version: 2,
      upcast: { 1: (data) => data },
    });

    expect(Said({ text: '' }).version).toBe(1);
    expect(Second({}).version).toBe(2);
    expect(Second.upcast[1]?.('x')).toBe('x');
  });

  it('1.7 lossy marks the events that may be evicted', () => {
    const Delta = defineEvent('delta', { data: typeOnly<unknown>(), lossy: true });

    expect(Delta({}).lossy).toBe(true);
    expect(Delta.lossy).toBe(true);
    expect(Said({ text: '' })).not.toHaveProperty('lossy');
  });

  it("1.7 the lane is the session's, none, or the key that a function gives when the message is made", () => {
    let calls = 0;
    const Keyed = defineEvent('keyed', {
      data: typeOnly<{ readonly room: string }>(),
      lane: (event) => {
        calls++;
        return event.data.room;
      },
    });
    const Free = defineEvent('free', { data: typeOnly<unknown>(), lane: 'none' });

    expect(Keyed({ room: 'a' }).lane).toBe('key:a');
    expect(calls).toBe(1);
    expect(Free({}).lane).toBe('none');
    expect(Said({ text: '' })).not.toHaveProperty('lane');
  });

  it('1.7 events of lane none wait for nobody', async () => {
    const { bus, clock } = await startBus();
    const Free = defineEvent('free', { data: typeOnly<unknown>(), lane: 'none' });
    let started = 0;
    bus.registerEventHandler(Free, () => {
      started++;
      return new Promise<void>(() => {});
    });

    for (let index = 0; index < 5; index++) await bus.publish(Free({}), { awaitProcessing: false });
    await settle({ clock });

    expect(started).toBe(5);
  });

  it('1.7 events of one key wait for each other across sessions, and for nobody else', async () => {
    const { bus, clock } = await startBus();
    const Keyed = defineEvent('keyed', {
      data: typeOnly<{ readonly room: string }>(),
      lane: (event) => event.data.room,
    });
    const started: string[] = [];
    bus.registerEventHandler(Keyed, (event) => {
      started.push(`${event.data.room}/${event.sessionId}`);
      return new Promise<void>(() => {});
    });
    const unawaited = { awaitProcessing: false };

    await bus.publish(Keyed({ room: 'a' }, { sessionId: sessionId('1') }), unawaited);
    await bus.publish(Keyed({ room: 'a' }, { sessionId: sessionId('2') }), unawaited);
    await bus.publish(Keyed({ room: 'b' }, { sessionId: sessionId('1') }), unawaited);
    await settle({ clock });

    expect(started).toEqual(['a/1', 'b/1']);
  });

  it('anyEvent makes no events', () => {
    expect(() => anyEvent({})).toThrow(/for registering handlers only/);
  });

  it('isLlmgineError holds across duplicate installs', () => {
    const foreign = Object.assign(new Error('x'), { code: 'LLMGINE_BUS_STOPPED' });

    expect(isLlmgineError(foreign)).toBe(true);
    expect(isLlmgineError(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe(false);
    expect(isLlmgineError({ code: 'LLMGINE_X' })).toBe(false);
  });
});
