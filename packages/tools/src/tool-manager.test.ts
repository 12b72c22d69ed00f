import { Readable } from 'node:stream';
import { setTimeout as later } from 'node:timers/promises';
import { toJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { EventMessage, EventPublisher, SessionId } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { allow, ask, deny, edit } from './approval.ts';
import { defineTool, type Tool, type ToolContext } from './define-tool.ts';
import type { ToolResult } from './tool-call.ts';
import { createToolManager, type ToolManager } from './tool-manager.ts';
import type { ToolManagerOptions } from './tool-manager-options.ts';
import { jsonSchema } from './tool-schema.ts';
import { hostile } from '../test/hostile.ts';

const environment = {};

function managerOf(tools: readonly Tool[], options: ToolManagerOptions = {}): ToolManager {
  const manager = createToolManager({ environment, ...options });
  for (const tool of tools) manager.registerTool(tool);
  return manager;
}

/** A tool of any form that does as told. */
function aTool(shape: Partial<Tool> = {}): Tool {
  return defineTool({
    name: 'work',
    description: 'Does something.',
    input: jsonSchema<Record<string, unknown>>({ type: 'object' }),
    execute: () => 'done',
    ...shape,
  });
}

function run(tool: Tool, args?: unknown, options?: ToolManagerOptions): Promise<ToolResult> {
  return managerOf([tool], options).executeToolCall({ id: 'c1', name: tool.name, arguments: args });
}

function recorder(): EventPublisher & { readonly events: EventMessage[] } {
  const events: EventMessage[] = [];
  return {
    events,
    publish: async (event) => {
      events.push(event);
      return { status: 'queued' };
    },
  };
}

/** Gives back its arguments. */
const echo = (input: object): Tool => aTool({ input, execute: (args: unknown) => args });

const forecast = z.object({
  city: z.string(),
  days: z.number().int().optional(),
  precise: z.boolean().optional(),
  tags: z.array(z.string()).optional(),
});

describe('13.1 defineTool', () => {
  it('13.4 checks against a plain JSON Schema after the tools were listed, and lists it unmarked', async () => {
    const tools = createToolManager();
    const input = { type: 'object', properties: { text: { type: 'string' } } };
    tools.registerTool(
      defineTool({
        name: 'echo',
        description: 'Echoes.',
        effect: 'read',
        input,
        execute: (args) => args,
      }),
    );
    const listed = JSON.stringify(tools.parseToolsToList());

    const call = { id: 'call_1', name: 'echo', arguments: '{"text":"a"}' };
    expect(await tools.executeToolCall(call)).toMatchObject({ status: 'ok', value: { text: 'a' } });
    expect(JSON.stringify(tools.parseToolsToList())).toBe(listed);
  });

  it('infers the types of its arguments from the input', () => {
    defineTool({
      name: 'a',
      description: 'a',
      input: z.object({ city: z.string(), days: z.number().default(1) }),
      execute: (args) => expectTypeOf(args).toEqualTypeOf<{ city: string; days: number }>(),
    });
    defineTool({
      name: 'b',
      description: 'b',
      input: jsonSchema<{ city: string }>({ type: 'object' }),
      execute: (args) => expectTypeOf(args).toEqualTypeOf<{ city: string }>(),
    });
    defineTool({
      name: 'c',
      description: 'c',
      input: { type: 'object' },
      execute: (args, context) => {
        expectTypeOf(args).toEqualTypeOf<Readonly<Record<string, unknown>>>();
        expectTypeOf(context).toEqualTypeOf<ToolContext>();
      },
    });
  });

  const valibotInput = v.object({ city: v.string() });
  it.each([
    ['zod', z.object({ city: z.string() })],
    ['arktype', type({ city: 'string' })],
    [
      'valibot with its adapter',
      {
        '~standard': {
          ...valibotInput['~standard'],
          jsonSchema: {
            input: () => toJsonSchema(valibotInput),
            output: () => toJsonSchema(valibotInput),
          },
        },
      },
    ],
    [
      'raw JSON Schema',
      { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    ],
  ])('takes %s: tells it to the model, and checks arguments with it', async (_, input) => {
    const manager = managerOf([echo(input)]);

    expect(manager.parseToolsToList()[0]?.function.parameters).toMatchObject({
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
    });
    expect(await run(echo(input), '{"city":"Paris"}')).toMatchObject({
      status: 'ok',
      value: { city: 'Paris' },
    });
    expect(await run(echo(input), '{"city":5}')).toMatchObject({ status: 'error' });
  });

  it('names all problems of its options at once', () => {
    const wrong = {
      name: 'a b',
      description: ' ',
      effect: 'twice',
      timeoutMs: 0,
      maxResultChars: 1,
    };

    expect(() => aTool({ ...wrong, execute: undefined } as never)).toThrow(
      /name must be.*description must say.*effect must be.*execute must be.*timeoutMs must be.*maxResultChars must be/,
    );
  });

  it('is refused at registration when its input gives no JSON Schema of an object', () => {
    expect(() => managerOf([echo(z.object({ when: z.date() }))])).toThrow('gives no JSON Schema');
    expect(() => managerOf([echo({ type: 'string' })])).toThrow('must describe an object');
  });
});

describe('13.2 createToolManager', () => {
  it('reads its limits from the environment, and options win', async () => {
    const variables = { LLMGINE_TOOL_MAX_CONCURRENCY: '0', LLMGINE_TOOL_TIMEOUT_SECONDS: 'soon' };

    expect(() => createToolManager({ environment: variables })).toThrow(
      /LLMGINE_TOOL_MAX_CONCURRENCY.*LLMGINE_TOOL_TIMEOUT_SECONDS/,
    );
    expect(() =>
      createToolManager({ environment: variables, maxConcurrency: 1, defaultTimeoutMs: 1 }),
    ).not.toThrow();
    const clock = createFakeClock();
    const slow = aTool({ execute: () => new Promise(() => {}) });
    const result = run(slow, {}, { clock, environment: { LLMGINE_TOOL_TIMEOUT_SECONDS: '0.5' } });
    await clock.advanceAsync(500);
    expect(await result).toMatchObject({ status: 'timeout' });
  });

  it('refuses a second tool of one name, and lets a replacement keep its place', () => {
    const manager = managerOf([aTool({ name: 'a' }), aTool({ name: 'b' })]);

    expect(() => manager.registerTool(aTool({ name: 'a' }))).toThrow(
      "A tool 'a' is registered already",
    );
    manager.registerTool(aTool({ name: 'a', description: 'new' }), { replace: true });
    expect(manager.tools.map(({ name, description }) => [name, description])).toEqual([
      ['a', 'new'],
      ['b', 'Does something.'],
    ]);
  });

  it('gives the tools in the function-calling format, in order, as one list until something changes', () => {
    const manager = managerOf([aTool({ name: 'b' }), aTool({ name: 'a' })]);
    const list = manager.parseToolsToList();

    expect(list).toEqual([
      {
        type: 'function',
        function: {
          name: 'b',
          description: 'Does something.',
          parameters: { type: 'object', properties: {} },
        },
      },
      expect.objectContaining({ function: expect.objectContaining({ name: 'a' }) }),
    ]);
    expect(manager.parseToolsToList()).toBe(list);
    manager.unregisterTool('b');
    expect(manager.parseToolsToList().map((tool) => tool.function.name)).toEqual(['a']);
  });

  it('takes a registration back when it is disposed, and only its own', () => {
    const manager = managerOf([]);
    const first = manager.registerTool(aTool());
    first[Symbol.dispose]();
    manager.registerTool(aTool());
    first[Symbol.dispose]();

    expect(manager.getTool('work')).toBeDefined();
    expect(manager.unregisterTool('work')).toBe(true);
    expect(manager.unregisterTool('work')).toBe(false);
  });

  it('gives results in the order of the calls, one per call, whatever order they finish in', async () => {
    const clock = createFakeClock();
    const wait = aTool({
      execute: ({ ms }: { ms: number }) =>
        new Promise((resolve) => void clock.setTimer(() => resolve(ms), ms)),
    });
    const calls = [30, 10, 20].map((ms, index) => ({
      id: `c${index}`,
      name: 'work',
      arguments: { ms },
    }));

    const results = managerOf([wait], { clock }).executeToolCalls([
      ...calls,
      { id: 'c3', name: 'none' },
    ]);
    await clock.advanceAsync(30);

    expect((await results).map(({ callId, content }) => [callId, content.slice(0, 5)])).toEqual([
      ['c0', '30'],
      ['c1', '10'],
      ['c2', '20'],
      ['c3', 'There'],
    ]);
  });

  it('runs at most maxConcurrency tools at a time, and no slower', async () => {
    const clock = createFakeClock();
    let running = 0;
    let most = 0;
    const wait = aTool({
      execute: async () => {
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => void clock.setTimer(resolve, 100));
        running--;
      },
    });
    const calls = Array.from({ length: 6 }, (_, index) => ({ id: `${index}`, name: 'work' }));

    const results = managerOf([wait], { clock, maxConcurrency: 3 }).executeToolCalls(calls);
    await clock.advanceAsync(200);

    expect((await results).every(({ status }) => status === 'ok')).toBe(true);
    expect(most).toBe(3);
  });

  it('lets one call of an exclusive group run at a time', async () => {
    const log: string[] = [];
    const tool = (name: string): Tool =>
      aTool({
        name,
        exclusive: 'disk',
        execute: async () => {
          log.push(`${name} begins`);
          await later(1);
          log.push(`${name} ends`);
        },
      });

    await managerOf([tool('a'), tool('b')]).executeToolCalls([
      { id: '1', name: 'a' },
      { id: '2', name: 'b' },
    ]);

    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('starts no exclusive call while one that was given up on still runs, and says so', async () => {
    const clock = createFakeClock();
    const hung = aTool({ exclusive: 'disk', timeoutMs: 100, execute: () => new Promise(() => {}) });
    const other = aTool({ name: 'other', exclusive: 'disk', timeoutMs: 50 });

    const results = managerOf([hung, other], { clock }).executeToolCalls([
      { id: '1', name: 'work' },
      { id: '2', name: 'other' },
    ]);
    await clock.advanceAsync(200);

    expect((await results).map(({ status }) => status)).toEqual(['timeout', 'timeout']);
    expect((await results)[1]?.content).toContain('Nothing was done');
  });

  it('takes no second slot and waits for no group of its own when a tool calls its own manager', async () => {
    const manager = managerOf([], { maxConcurrency: 1 });
    manager.registerTool(aTool({ name: 'inner', exclusive: 'g', execute: () => 'inner' }));
    manager.registerTool(
      aTool({
        name: 'outer',
        exclusive: 'g',
        execute: async () => (await manager.executeToolCall({ id: 'i', name: 'inner' })).content,
      }),
    );

    expect(await manager.executeToolCall({ id: 'o', name: 'outer' })).toMatchObject({
      content: 'inner',
    });
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', ''])(
    'knows no tool called %j that nobody registered',
    async (name) => {
      expect(await managerOf([aTool()]).executeToolCall({ id: '1', name })).toMatchObject({
        status: 'unknown',
      });
    },
  );

  it('reads calls in the form of the Chat Completions API, and gives one without an id an id', async () => {
    const call = { type: 'function', function: { name: 'work', arguments: '{}' } };

    const result = await managerOf([aTool()]).executeToolCall(call as never);

    expect(result).toMatchObject({ status: 'ok', name: 'work' });
    expect(result.callId).not.toBe('');
  });
});

describe('13.4 the pipeline reads what models send', () => {
  it.each([
    ['an empty string', '', 'empty arguments'],
    ['null', null, 'empty arguments'],
    ['nothing', undefined, 'empty arguments'],
    ['the text null', 'null', 'empty arguments'],
    ['blanks', '  ', 'empty arguments'],
  ])('takes %s as no arguments', async (_, args, repair) => {
    expect(await run(echo(jsonSchema({ type: 'object' })), args)).toMatchObject({
      status: 'ok',
      value: {},
      repairs: [repair],
    });
  });

  it.each([
    ['double-encoded JSON', JSON.stringify('{"city":"Paris"}'), ['double-encoded JSON']],
    [
      'thrice-encoded JSON',
      JSON.stringify(JSON.stringify('{"city":"Paris"}')),
      ['double-encoded JSON'],
    ],
    ['a trailing comma', '{"city":"Paris",}', ['malformed JSON']],
    ['bare keys and single quotes', "{city: 'Paris'}", ['malformed JSON']],
    ['a missing bracket', '{"city":"Paris"', ['malformed JSON']],
    ['a code fence', '```json\n{"city":"Paris"}\n```', ['malformed JSON']],
    ['text after the JSON', '{"city":"Paris"}</tool_call>', ['malformed JSON']],
    ['a list of the one object', '[{"city":"Paris"}]', ['list of one']],
    ['an object', { city: 'Paris' }, []],
  ])('mends %s and names it', async (_, args, repairs) => {
    expect(await run(echo(forecast), args)).toMatchObject({
      status: 'ok',
      value: { city: 'Paris' },
      repairs,
    });
  });

  it.each([
    '{"city":"Par',
    '{"city":"Paris","days":1',
    '{"city":',
    '{"city":"Paris","tags":["a',
    '{"code":"if (x) { y }',
  ])('does not complete what was cut off inside a value: %s', async (args) => {
    const result = await run(echo(z.looseObject({})), args);

    expect(result.status).toBe('error');
    expect(result.content).toContain('stops in the middle');
  });

  it.each([
    ['text to integer', { days: '3' }, { days: 3 }, 'days: text to integer'],
    ['text to boolean', { precise: 'True' }, { precise: true }, 'precise: text to boolean'],
    ['a single value to a list', { tags: 'a' }, { tags: ['a'] }, 'tags: single value to list'],
    [
      'a list as JSON text',
      { tags: '["a","b"]' },
      { tags: ['a', 'b'] },
      'tags: JSON text to what it holds',
    ],
    ['null for what may be missing', { days: null }, {}, 'days: null left out'],
  ])('coerces %s as the schema directs, and names it', async (_, args, value, repair) => {
    expect(await run(echo(forecast), { city: 'P', ...args })).toMatchObject({
      status: 'ok',
      value: { city: 'P', ...value },
      repairs: [repair],
    });
  });

  it.each([
    { days: '5.9' },
    { days: 'three' },
    { days: '0x10' },
    { days: 'NaN' },
    { days: '99999999999999999999' },
    { precise: 'maybe' },
    { precise: 1 },
    { tags: [1] },
    { city: 42 },
    { city: null },
  ])('refuses what coercion would change or guess: %j', async (args) => {
    expect(await run(echo(forecast), { city: 'P', ...args })).toMatchObject({
      status: 'error',
      error: { code: 'LLMGINE_INVALID_TOOL_ARGUMENTS' },
    });
  });

  it('coerces inside references, branches, tuples, records and nested lists', async () => {
    const input = {
      type: 'object',
      $defs: { count: { type: 'integer' } },
      properties: {
        ref: { $ref: '#/$defs/count' },
        either: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        union: {
          oneOf: [
            {
              type: 'object',
              properties: { kind: { const: 'a' }, n: { type: 'number' } },
              required: ['kind'],
            },
            {
              type: 'object',
              properties: { kind: { const: 'b' }, n: { type: 'string' } },
              required: ['kind'],
            },
          ],
        },
        pair: { type: 'array', prefixItems: [{ type: 'integer' }, { type: 'string' }] },
        record: { type: 'object', additionalProperties: { type: 'boolean' } },
        member: { enum: [1, 2, 'x'] },
        all: { allOf: [{ properties: { n: { type: 'integer' } } }] },
        list: { type: 'array', items: { type: 'array', items: { type: 'integer' } } },
      },
    };
    const args = {
      ref: '1',
      either: '2',
      union: { kind: 'a', n: '3' },
      pair: ['4', '5'],
      record: { yes: 'true' },
      member: '2',
      all: { n: '6' },
      list: [['7'], '8'],
    };

    expect(await run(echo(input), args)).toMatchObject({
      status: 'ok',
      value: {
        ref: 1,
        either: 2,
        union: { kind: 'a', n: 3 },
        pair: [4, '5'],
        record: { yes: true },
        member: 2,
        all: { n: 6 },
        list: [[7], [8]],
      },
    });
  });

  it('leaves valid arguments as they are, also where they could be coerced', async () => {
    const input = z.object({ either: z.union([z.string(), z.number()]) });

    expect(await run(echo(input), { either: '3' })).toMatchObject({
      value: { either: '3' },
      repairs: [],
    });
  });

  it('treats unknown keys as the schema says', async () => {
    const shape = { city: z.string() };
    const args = { city: 'P', more: 1 };

    expect(await run(echo(z.object(shape)), args)).toMatchObject({ value: { city: 'P' } });
    expect(await run(echo(z.looseObject(shape)), args)).toMatchObject({ value: args });
    expect(await run(echo(z.strictObject(shape)), args)).toMatchObject({ status: 'error' });
    expect(await run(echo({ type: 'object', additionalProperties: false }), args)).toMatchObject({
      status: 'error',
    });
  });

  it('validates with schemas that take their time, and not for ever', async () => {
    const clock = createFakeClock();
    const slow = echo(z.object({ n: z.number() }).refine(async () => true));
    const hung = echo(z.object({}).refine(() => new Promise<boolean>(() => {})));

    const [first, second] = [
      run(slow, { n: 1 }, { clock }),
      run(hung, {}, { clock, approvalTimeoutMs: 100 }),
    ];
    await clock.advanceAsync(100);

    expect(await first).toMatchObject({ status: 'ok' });
    expect(await second).toMatchObject({ status: 'denied' });
  });
});

describe('13.5 what goes wrong goes back to the model', () => {
  it('tells what is wrong with the arguments, with paths', async () => {
    const input = z.object({ where: z.object({ city: z.string() }), days: z.number() });

    const { status, content } = await run(echo(input), { where: { city: 1 }, days: 'x' });

    expect(status).toBe('error');
    expect(content).toMatch(/where\.city: .*string.*; days: .*number/);
  });

  it('tells the nearest names when there is no such tool', async () => {
    const manager = managerOf([aTool({ name: 'get_weather' }), aTool({ name: 'search_web' })]);

    expect(await manager.executeToolCall({ id: '1', name: 'getWeather' })).toMatchObject({
      status: 'unknown',
      content: "There is no tool 'getWeather'. Did you mean 'get_weather'?",
      error: { code: 'LLMGINE_UNKNOWN_TOOL' },
    });
  });

  it('tells what a tool threw, without secrets and without a stack', async () => {
    const failing = aTool({
      execute: () => {
        throw new Error('no access with key sk-abcdefghijklmnop1234', {
          cause: new Error('password=hunter2'),
        });
      },
    });

    const result = await run(failing);

    expect(result).toMatchObject({
      status: 'error',
      content: "Tool 'work' failed: no access with key [redacted]",
    });
    expect(JSON.stringify(result)).not.toMatch(/sk-abc|hunter2|at .*\.ts/);
  });

  it.each([
    ['a string', 'went wrong', 'went wrong'],
    ['undefined', undefined, 'Thrown value: undefined'],
    ['an object', { code: 7 }, 'Thrown value: {"code":7}'],
    [
      'an error whose message cannot be read',
      Object.defineProperty(new Error('x'), 'message', {
        get: () => {
          throw new Error('no');
        },
      }),
      'cannot be read',
    ],
  ])('gives a result when a tool throws %s', async (_, thrown, text) => {
    const { status, content } = await run(
      aTool({
        execute: () => {
          throw thrown;
        },
      }),
    );

    expect(status).toBe('error');
    expect(content).toContain(text);
  });

  it('never rejects and gives exactly one result, whatever is called', async () => {
    const strange = [
      undefined,
      null,
      7,
      'text',
      {},
      { id: {}, name: [] },
      { name: 'work', arguments: Symbol('x') },
    ];

    const results = await managerOf([aTool()]).executeToolCalls(strange as never);

    expect(results).toHaveLength(strange.length);
    expect(await managerOf([]).executeToolCalls(undefined as never)).toEqual([]);
  });
});

describe('13.6 the deadline', () => {
  it('ends the call though the tool ignores its signal, aborts the signal, and reports the late outcome', async () => {
    const clock = createFakeClock();
    const publisher = recorder();
    let signal: AbortSignal | undefined;
    const slow = aTool({
      timeoutMs: 100,
      execute: (_: unknown, context: ToolContext) => {
        signal = context.signal;
        return new Promise((resolve) => void clock.setTimer(() => resolve('late'), 250));
      },
    });

    const result = run(slow, {}, { clock, publisher });
    await clock.advanceAsync(100);

    expect(await result).toMatchObject({ status: 'timeout', durationMs: 100 });
    expect((await result).content).toContain('It may still take effect');
    expect(signal?.aborted).toBe(true);
    await clock.advanceAsync(200);
    expect(publisher.events.at(-1)).toMatchObject({
      type: 'tool.late-result',
      data: { toolCallId: 'c1', value: 'late', durationMs: 250 },
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('reports a late failure without secrets, and no rejection is left unhandled', async () => {
    const clock = createFakeClock();
    const publisher = recorder();
    const slow = aTool({
      timeoutMs: 100,
      execute: () =>
        new Promise(
          (_, reject) => void clock.setTimer(() => reject(new Error('password=x1')), 200),
        ),
    });

    void run(slow, {}, { clock, publisher });
    await clock.advanceAsync(200);

    expect(publisher.events.at(-1)).toMatchObject({
      data: { error: { message: 'password=[redacted]' } },
    });
  });

  it('does the same for an abort from outside, also while calls wait for a slot', async () => {
    const controller = new AbortController();
    const manager = managerOf([aTool({ execute: () => new Promise(() => {}) })], {
      maxConcurrency: 1,
    });
    const calls = [1, 2, 3].map((id) => ({ id: `${id}`, name: 'work' }));

    const results = manager.executeToolCalls(calls, { signal: controller.signal });
    await later(1);
    controller.abort(new Error('the user left'));

    expect((await results).map(({ status }) => status)).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
    expect((await results)[0]?.content).toContain('the user left');
    expect((await results)[0]?.content).toContain('may still take effect');
    expect((await results)[1]?.content).toContain('Nothing was done');
  });

  it('gives no slot to a call that was aborted while it waited', async () => {
    const controller = new AbortController();
    let finish: (value: string) => void = () => {};
    const manager = managerOf([aTool({ execute: () => new Promise((r) => (finish = r)) })], {
      maxConcurrency: 1,
    });
    const first = manager.executeToolCall({ id: '1', name: 'work' });
    const waiting = manager.executeToolCall(
      { id: '2', name: 'work' },
      { signal: controller.signal },
    );
    controller.abort();
    expect((await waiting).status).toBe('cancelled');
    finish('first');
    await first;

    const third = manager.executeToolCall({ id: '3', name: 'work' });
    await later(1);
    finish('third');
    expect((await third).content).toBe('third');
  });

  it('frees the slot of a tool that hangs', async () => {
    const clock = createFakeClock();
    const manager = managerOf(
      [aTool({ name: 'hang', execute: () => new Promise(() => {}) }), aTool()],
      { clock, maxConcurrency: 1, defaultTimeoutMs: 100 },
    );

    const results = manager.executeToolCalls([
      { id: '1', name: 'hang' },
      { id: '2', name: 'work' },
    ]);
    await clock.advanceAsync(100);

    expect((await results).map(({ status }) => status)).toEqual(['timeout', 'ok']);
  });

  it('takes the value of a tool that blocks the event loop beyond its deadline, since it has it', async () => {
    const block = aTool({
      timeoutMs: 10,
      execute: () => {
        const end = performance.now() + 50;
        while (performance.now() < end);
        return 'there';
      },
    });

    expect(await run(block)).toMatchObject({ status: 'ok', content: 'there' });
  });

  it('leaves nothing behind on the caller’s signal or the clock', async () => {
    const clock = createFakeClock();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => (listeners++, add(...args)),
      removeEventListener: (...args: Parameters<typeof remove>) => (listeners--, remove(...args)),
    });

    await managerOf([aTool({ execute: async () => 'x' })], { clock }).executeToolCall(
      { id: '1', name: 'work' },
      { signal },
    );

    await clock.advanceAsync(0);

    expect(listeners).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });
});

function formOf(entries: readonly [string, string][]): FormData {
  const form = new FormData();
  for (const [name, value] of entries) form.append(name, value);
  return form;
}

function collectionOf(items: readonly number[]) {
  return { [Symbol.iterator]: () => items[Symbol.iterator]() };
}

class WithFields {
  readonly a = 1;
  readonly #hidden = 2;
  get shown(): number {
    return this.#hidden;
  }
}

class Secretive {
  readonly #hidden = 1;
  get shown(): number {
    return this.#hidden;
  }
}

class Speaking extends Secretive {
  override toString(): string {
    return 'I speak';
  }
}

describe('13.7 the result', () => {
  const cyclic: Record<string, unknown> = { a: 1 };
  cyclic['self'] = cyclic;

  it.each([
    ['text', 'hello', 'hello'],
    ['nothing', undefined, '(no output)'],
    ['an empty text', '', '(no output)'],
    ['null', null, 'null'],
    ['an object', { a: [1, true] }, '{"a":[1,true]}'],
    ['a cycle', cyclic, '{"a":1,"self":"[circular]"}'],
    ['a big integer', { n: 12345678901234567890n }, '{"n":"12345678901234567890"}'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an invalid date', [new Date(NaN)], '["Invalid Date"]'],
    ['bytes', { data: Buffer.from('abc') }, '{"data":"[3 bytes]"}'],
    ['a map and a set', { m: new Map([['a', 1]]), s: new Set([2]) }, '{"m":{"a":1},"s":[2]}'],
    ['numbers that JSON does not have', [NaN, Infinity], '["NaN","Infinity"]'],
    ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
    ['an error', { failure: new TypeError('x') }, '{"failure":{"name":"TypeError","message":"x"}}'],
    ['headers', new Headers({ a: '1' }), '{"a":"1"}'],
    [
      'form data',
      formOf([
        ['a', '1'],
        ['b', '2'],
        ['a', '3'],
      ]),
      '{"a":["1","3"],"b":"2"}',
    ],
    ['an address', { at: new URL('https://example.com/a') }, '{"at":"https://example.com/a"}'],
    ['the parameters of an address', new URLSearchParams('a=1&b=2'), '{"a":"1","b":"2"}'],
    ['shared bytes', new SharedArrayBuffer(8), '[8 bytes]'],
    ['a blob among other things', { file: new Blob(['abc']) }, '{"file":"[3 bytes]"}'],
    ['boxed values', [Object(3), Object('a'), Object(false), Object(7n)], '[3,"a",false,"7"]'],
    [
      'a map whose keys are no texts',
      new Map<unknown, unknown>([
        [1, 'a'],
        ['1', 'b'],
      ]),
      '[[1,"a"],["1","b"]]',
    ],
    ['a generator among other things', { all: [1].values() }, '{"all":"[Array Iterator]"}'],
    ['a collection that can be gone through', collectionOf([1, 2]), '[1,2]'],
    ['an object of a class with fields', new WithFields(), '{"a":1}'],
    ['an object of a class that shows nothing', [new Secretive()], '["[Secretive]"]'],
    ['an object of a class that has a text', [new Speaking()], '["I speak"]'],
    ['an empty object', {}, '{}'],
    ['an empty object without a prototype', Object.create(null), '{}'],
    [
      'one object at two places',
      [cyclic, cyclic],
      '[{"a":1,"self":"[circular]"},{"a":1,"self":"[circular]"}]',
    ],
    [
      'an error whose stack is a field',
      Object.defineProperty(new Error('x'), 'stack', { value: 'at home', enumerable: true }),
      '{"name":"Error","message":"x"}',
    ],
    ['a list of functions', [() => 1], '[null]'],
    ['a function among other things', { a: 1, go: () => 1 }, '{"a":1}'],
    ['a promise among other things', { later: Promise.resolve(1) }, '{"later":"[Promise]"}'],
    [
      'weak things',
      [new WeakMap(), new WeakSet(), new WeakRef({})],
      '["[WeakMap]","[WeakSet]","[WeakRef]"]',
    ],
    ['a symbol', { kind: Symbol('x') }, '{"kind":"Symbol(x)"}'],
    ['a regular expression', /a+/gi, '/a+/gi'],
    [
      'an error with causes and fields',
      Object.assign(new AggregateError([new Error('one')], 'all', { cause: 'why' }), { code: 7 }),
      '{"name":"AggregateError","message":"all","cause":"why","errors":[{"name":"Error","message":"one"}],"code":7}',
    ],
    ['something that cannot be read at all', [hostile()], '["[unreadable]"]'],
    [
      'a field that cannot be read',
      {
        get bad() {
          throw new Error('no');
        },
      },
      '{"bad":"[unreadable]"}',
    ],
  ])('gives %s as text', async (_, value, content) => {
    expect(await run(aTool({ execute: () => value }))).toMatchObject({ status: 'ok', content });
  });

  it('survives a value 10,000 levels deep', async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 10_000; level++) deep = [deep];

    expect((await run(aTool({ execute: () => deep }))).content).toContain('[too deep]');
  });

  it.each([
    ['a Node stream', () => Readable.from(['x'])],
    ['a web stream', () => new ReadableStream()],
    ['a Response', () => new Response('x')],
    [
      'an async generator',
      async function* () {
        yield 1;
      },
    ],
    [
      'a generator',
      function* () {
        yield 1;
      },
    ],
    ['an iterator', () => new Map([[1, 2]]).entries()],
    ['a Request', () => new Request('https://example.com')],
    ['a stream to write to', () => new WritableStream()],
    ['a function', () => () => 1],
    ['a class', () => Secretive],
  ])('says that %s is no result', async (_, execute) => {
    expect(await run(aTool({ execute: execute as never }))).toMatchObject({
      status: 'error',
      error: { code: 'LLMGINE_UNREADABLE_TOOL_RESULT' },
    });
  });

  it('takes no more of an endless or empty list than anybody reads', async () => {
    const endless = { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) };

    for (const value of [endless, Array(4_000_000_000)]) {
      const result = await run(aTool({ execute: () => value }));
      expect(result.content).toContain('only the first 1000000 items');
    }
  });

  it('takes a long list whole', async () => {
    const { value } = await run(aTool({ execute: () => Array(1_000_000).fill(1) }));

    expect(value).toHaveLength(1_000_000);
    expect((value as unknown[]).at(-1)).toBe(1);
  });

  it('has nothing in its value that is no JSON data', async () => {
    const { value } = await run(aTool({ execute: () => ['\ud800', { 'a\ud800': 1 }, undefined] }));

    expect(value).toStrictEqual(['\ufffd', { 'a\ufffd': 1 }, null]);
  });

  it('is an error for a blob, whose bytes nobody has read', async () => {
    const { status, content } = await run(aTool({ execute: () => new Blob(['abc']) }));

    expect(status).toBe('error');
    expect(content).toContain('The tool must read it');
  });

  it('survives a stream that cannot be let go of', async () => {
    const stream = new ReadableStream({ cancel: () => Promise.reject(new Error('busy')) });

    expect((await run(aTool({ execute: () => stream }))).status).toBe('error');
  });

  it('lets go of a stream that nobody will read', async () => {
    const stream = Readable.from(['x']);

    await run(aTool({ execute: () => stream }));

    expect(stream.destroyed).toBe(true);
  });

  it('gives the model head and tail of a long result and says how much was left out; the whole is the value', async () => {
    const long = `${'a'.repeat(1_000_000)}${'z'.repeat(1_000_000)}`;
    const publisher = recorder();

    const { content, value } = await run(aTool({ execute: () => long }), {}, { publisher });

    expect(content.length).toBeLessThanOrEqual(40_000);
    expect(content).toMatch(/^a+\n\[… \d+ characters left out …\]\nz+$/);
    const [, leftOut] = /(\d+) characters/.exec(content) ?? [];
    expect(Number(leftOut) + (content.match(/[az](?![a-z]* char)/g)?.length ?? 0)).toBeGreaterThan(
      1_999_900,
    );
    expect(value).toBe(long);
    expect(publisher.events.at(-1)).toMatchObject({ data: { value: long, toolResult: content } });
  });

  it('caps error texts too, and cuts no character in half', async () => {
    const failing = aTool({
      maxResultChars: 200,
      execute: () => {
        throw new Error('😀'.repeat(1_000));
      },
    });

    const { content } = await run(failing);

    expect(content.length).toBeLessThanOrEqual(200);
    expect(content.isWellFormed()).toBe(true);
  });

  it('redacts results when asked to, by the tool or the manager', async () => {
    const value = { token: 'abc', text: 'Bearer abc123def456' };
    const redacted = { token: '[redacted]', text: 'Bearer [redacted]' };

    expect(await run(aTool({ execute: () => value }))).toMatchObject({ value });
    expect(await run(aTool({ execute: () => value, redactResult: true }))).toMatchObject({
      value: redacted,
    });
    expect(await run(aTool({ execute: () => value }), {}, { redactResults: true })).toMatchObject({
      value: redacted,
    });
  });
});

describe('13.8 effect and idempotency key', () => {
  it('is once unless the tool says otherwise', () => {
    expect(aTool().effect).toBe('once');
    expect(aTool({ effect: 'read' }).effect).toBe('read');
  });

  it('gives the tool the key of its call, and a new one when the call has none', async () => {
    const tool = aTool({
      execute: (_: unknown, { idempotencyKey }: ToolContext) => idempotencyKey,
    });
    const manager = managerOf([tool]);
    const call = { id: '1', name: 'work' };

    const [given, one, two] = await manager.executeToolCalls([
      { ...call, idempotencyKey: 'run-1:step-2' },
      call,
      call,
    ]);

    expect(given?.content).toBe('run-1:step-2');
    expect(one?.content).not.toBe(two?.content);
  });

  it('is the same to the event, to the tool and however often it is asked', async () => {
    const publisher = recorder();
    const execute = (_: unknown, context: ToolContext) => [
      context.idempotencyKey,
      context.idempotencyKey,
    ];

    const { value } = await run(aTool({ execute }), {}, { publisher });
    const started = publisher.events.find(({ type }) => type === 'tool.execute.started');

    const [key] = value as [string];
    expect(value).toEqual([key, key]);
    expect(started).toMatchObject({ data: { idempotencyKey: key } });
  });
});

describe('13.9 approval', () => {
  const approved = (
    approval: Tool['approval'],
    options?: ToolManagerOptions,
  ): Promise<ToolResult> =>
    run({ ...echo(forecast), approval }, { city: 'Paris', days: '2' }, options);

  it.each([
    [
      'asks for no time',
      () => ask({ expiresInMs: Number.NaN }),
      'must be a number of milliseconds',
    ],
    ['edits to nothing', () => edit(undefined), 'without giving arguments'],
    ['decides something else', () => ({ decision: 1n }) as never, "no decision but '1'"],
  ])('denies a call when the hook %s', async (_, approval, reason) => {
    const { status, content } = await approved(approval, { publisher: recorder() });

    expect(status).toBe('denied');
    expect(content).toContain(reason);
  });

  it('lets an allowed call run', async () => {
    expect(await approved(() => allow())).toMatchObject({
      status: 'ok',
      value: { city: 'Paris', days: 2 },
    });
  });

  it('tells the model why a call was denied', async () => {
    expect(await approved(() => deny('not on weekends'))).toMatchObject({
      status: 'denied',
      content: "Tool 'work' was not allowed to run: not on weekends. Nothing was done.",
    });
  });

  it('runs edited arguments, checked like the model’s own', async () => {
    expect(await approved(() => edit({ city: 'Rome', days: '3' }))).toMatchObject({
      status: 'ok',
      value: { city: 'Rome', days: 3 },
      repairs: ['days: text to integer', 'days: text to integer', 'edited on approval'],
    });
    expect(await approved(() => edit({ city: 5 }))).toMatchObject({ status: 'error' });
  });

  it.each([
    [
      'fails',
      () => {
        throw new Error('down');
      },
    ],
    ['decides nothing', () => undefined],
    ['decides nonsense', () => ({ decision: 'perhaps' })],
  ])('denies when the hook %s', async (_, approval) => {
    expect(await approved(approval as never)).toMatchObject({ status: 'denied' });
  });

  it('runs what was asked about, whatever is done to the question', async () => {
    const result = await approved((request) => {
      (request.args as { city: string }).city = 'Elsewhere';
      return allow();
    });

    expect(result.value).toEqual({ city: 'Paris', days: 2 });
  });

  it('denies when a question is to be asked and nobody is there', async () => {
    expect(await approved('ask')).toMatchObject({ status: 'denied' });
  });

  it('asks with an event, waits, and goes by the answer', async () => {
    const publisher = recorder();
    const manager = managerOf([{ ...echo(forecast), approval: 'ask' }], { publisher });

    const result = manager.executeToolCall({
      id: 'c9',
      name: 'work',
      arguments: { city: 'Paris' },
    });
    await later(0);

    expect(publisher.events.at(-1)).toMatchObject({
      type: 'tool.approval.requested',
      data: { toolCallId: 'c9', toolName: 'work', toolArgs: { city: 'Paris' }, effect: 'once' },
    });
    expect(manager.answerApproval({ toolCallId: 'other', decision: 'allow' })).toBe(false);
    expect(manager.answerApproval({ toolCallId: 'c9', decision: 'allow' })).toBe(true);
    expect(manager.answerApproval({ toolCallId: 'c9', decision: 'allow' })).toBe(false);
    expect(await result).toMatchObject({ status: 'ok' });
  });

  it.each([
    [{ decision: 'deny', reason: 'no' }, 'denied'],
    [{ decision: 'edit', args: { city: 'Rome' } }, 'ok'],
    [{ decision: 'whatever' }, 'denied'],
  ] as const)('goes by the answer %j', async (answer, status) => {
    const manager = managerOf([{ ...echo(forecast), approval: 'ask' }], { publisher: recorder() });

    const result = manager.executeToolCall({ id: '1', name: 'work', arguments: { city: 'Paris' } });
    await later(0);
    manager.answerApproval({ toolCallId: '1', ...answer } as never);

    expect(await result).toMatchObject({ status });
  });

  it('goes by no answer of another session', async () => {
    const manager = managerOf([{ ...echo(forecast), approval: 'ask' }], { publisher: recorder() });
    const result = manager.executeToolCall(
      { id: '1', name: 'work', arguments: { city: 'Paris' } },
      { sessionId: 'mine' as SessionId },
    );
    await later(0);
    const answer = { toolCallId: '1', decision: 'allow' } as const;

    expect(manager.answerApproval(answer, 'other' as SessionId)).toBe(false);
    expect(manager.answerApproval(answer, 'mine' as SessionId)).toBe(true);
    expect(await result).toMatchObject({ status: 'ok' });
  });

  it('denies when a question expires, and cancels when the call is aborted', async () => {
    const clock = createFakeClock();
    const publisher = recorder();
    const controller = new AbortController();
    const manager = managerOf(
      [{ ...echo(forecast), approval: () => ask({ expiresInMs: 1_000 }) }],
      { clock, publisher },
    );
    const call = { id: '1', name: 'work', arguments: { city: 'Paris' } };

    const [expired, aborted] = [
      manager.executeToolCall(call),
      manager.executeToolCall(call, { signal: controller.signal }),
    ];
    await clock.advanceAsync(500);
    controller.abort();
    await clock.advanceAsync(500);

    expect(await expired).toMatchObject({ status: 'denied' });
    expect(await aborted).toMatchObject({ status: 'cancelled' });
    expect(
      publisher.events.find(({ type }) => type === 'tool.approval.requested')?.data,
    ).toMatchObject({
      expiresAt: 1_001_000,
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('bounds the hook itself', async () => {
    const clock = createFakeClock();

    const result = approved(() => new Promise(() => {}), { clock, approvalTimeoutMs: 100 });
    await clock.advanceAsync(100);

    expect(await result).toMatchObject({ status: 'denied' });
  });

  it('is the manager’s where the tool has none, and the tool’s where it has', async () => {
    const manager = { approval: () => deny('by default') };

    expect(await approved(undefined, manager)).toMatchObject({ status: 'denied' });
    expect(await approved(() => allow(), manager)).toMatchObject({ status: 'ok' });
  });
});

describe('13.10 events', () => {
  it('tells of a call from its request to its result, with the fields of the guide', async () => {
    const publisher = recorder();
    const tool = {
      ...echo(forecast),
      execute: (args: unknown, context: ToolContext) => {
        context.reportProgress({ done: 0.5 });
        return args;
      },
    };

    await managerOf([tool], { publisher }).executeToolCall(
      { id: 'c1', name: 'work', arguments: '{"city":"Paris","days":"2",}' },
      { engineId: 'engine-1' },
    );

    expect(publisher.events.map(({ type }) => type)).toEqual([
      'tool.call.requested',
      'tool.execute.started',
      'tool.progress',
      'tool.executed',
    ]);
    expect(publisher.events[2]).toMatchObject({ lossy: true, data: { progress: { done: 0.5 } } });
    expect(publisher.events[3]?.data).toEqual({
      executionSucceed: true,
      status: 'ok',
      toolInfo: { name: 'work', description: 'Does something.', effect: 'once' },
      toolName: 'work',
      toolCallId: 'c1',
      toolArgs: { city: 'Paris', days: 2 },
      toolResult: '{"city":"Paris","days":2}',
      value: { city: 'Paris', days: 2 },
      repairs: ['malformed JSON', 'days: text to integer'],
      durationMs: expect.any(Number),
      engineId: 'engine-1',
    });
  });

  it('tells of failures with their stack, without secrets', async () => {
    const publisher = recorder();
    await run(
      aTool({
        execute: () => {
          throw new Error('token=abcdef12');
        },
      }),
      {},
      { publisher },
    );

    const { data } = publisher.events.at(-1) as EventMessage<
      string,
      { error: { message: string; stack: string } }
    >;
    expect(data.error.message).toBe('token=[redacted]');
    expect(data.error.stack).toContain('tool-manager.test');
    expect(JSON.stringify(data)).not.toContain('abcdef12');
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
    ['never answers', () => new Promise(() => {})],
  ])('gives the result when the publisher %s', async (_, publish) => {
    expect(await run(aTool(), {}, { publisher: { publish: publish as never } })).toMatchObject({
      status: 'ok',
    });
  });

  it('tells of no progress after the call is over', async () => {
    const publisher = recorder();
    let report: (progress: unknown) => void = () => {};
    await run(
      aTool({
        execute: (_: unknown, context: ToolContext) =>
          void (report = (progress) => context.reportProgress(progress)),
      }),
      {},
      { publisher },
    );

    report('late');

    expect(publisher.events.map(({ type }) => type)).not.toContain('tool.progress');
  });
});
