import { describe, expect, it } from 'vitest';
import { defineTool } from './define-tool.ts';
import type { ToolCall } from './tool-call.ts';
import { createToolManager } from './tool-manager.ts';
import type { JsonSchema } from './tool-schema.ts';
import { hostile } from '../test/hostile.ts';

function managerOf(properties: JsonSchema = {}) {
  const manager = createToolManager({ environment: {} });
  const input = { type: 'object', properties };
  manager.registerTool(
    defineTool({ name: 'echo', description: 'Echoes.', input, execute: (args) => args }),
  );
  return manager;
}

function echo(args: unknown, properties?: JsonSchema) {
  return managerOf(properties).executeToolCall({ id: '1', name: 'echo', arguments: args });
}

describe('13.4 the pipeline reads what models send', () => {
  it('drops a key that reaches a prototype, also when it is written in escapes', async () => {
    const key = String.raw`\u005f\u005fproto\u005f\u005f`;

    const result = await echo(`{"a":1,"${key}":{"admin":true}}`);

    expect(result).toMatchObject({ status: 'ok', repairs: ['dropped __proto__'] });
    expect(result.content).toBe('{"a":1}');
  });

  it.each([
    '{"__proto__":{"admin":true}}',
    '{"n":1e400}',
    `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`,
  ])('reads text inside the arguments as warily as the arguments: %j', async (text) => {
    const object = { type: 'object', properties: { n: { type: 'integer' } } };

    expect((await echo({ object: text }, { object })).status).toBe('error');
  });

  it('names only the repairs of the branch that it took', async () => {
    const point = {
      type: 'object',
      properties: { n: { type: 'integer' }, k: { type: 'integer' } },
      required: ['n', 'k'],
    };
    const union = { anyOf: [point, { type: 'array', items: { type: 'object' } }] };

    expect(await echo({ union: { n: '3' } }, { union })).toMatchObject({
      status: 'ok',
      value: { union: [{ n: '3' }] },
      repairs: ['union: single value to list'],
    });
  });

  it.each(['integer', 'number'])(
    'refuses the text of a whole number that no %s holds exactly',
    async (type) => {
      expect((await echo({ n: '9007199254740993' }, { n: { type } })).status).toBe('error');
      expect((await echo({ n: '9007199254740991' }, { n: { type } })).status).toBe('ok');
    },
  );

  it.each([
    '{"n":1e400}',
    '{"n":-1E+400}',
    JSON.stringify('{"n":1e400}'),
    '{n:1e400}',
    { n: 1 / 0 },
  ])('refuses a number beyond all numbers: %j', async (args) => {
    expect((await echo(args, { n: { type: 'integer' } })).status).toBe('error');
    expect((await echo(args, { n: { type: 'number' } })).status).toBe('error');
  });
});

describe('13.5 what goes wrong goes back to the model', () => {
  const call = { id: '1', name: 'echo' };

  it('takes a call in the form of the Chat Completions API whose own arguments are undefined', async () => {
    const nested = { arguments: undefined, function: { name: 'echo', arguments: '{"a":1}' } };

    expect(await managerOf().executeToolCall(nested as never)).toMatchObject({ value: { a: 1 } });
  });

  it('takes null for no options', async () => {
    const manager = managerOf();

    expect((await manager.executeToolCall(call, null as never)).status).toBe('ok');
    expect(await manager.executeToolCalls([call], null as never)).toMatchObject([{ status: 'ok' }]);
  });

  it.each([
    ['id', 'ok'],
    ['name', 'unknown'],
    ['arguments', 'error'],
  ])('gives a result for a call whose %s cannot be read', async (key, status) => {
    const unreadable = Object.defineProperty({ ...call }, key, {
      get: () => {
        throw new Error('gone');
      },
    });

    expect((await managerOf().executeToolCall(unreadable as ToolCall)).status).toBe(status);
  });

  it.each([
    [
      'throws',
      () => {
        throw hostile();
      },
    ],
    ['rejects with', () => Promise.reject(hostile())],
    ['rejects with an error', () => Promise.reject(hostileError())],
    ['returns', hostile],
    ['resolves to', async () => [hostile()]],
    ['returns a proxy of a promise that is', () => new Proxy(Promise.resolve(1), {})],
    [
      'returns a promise whose `then` is',
      () =>
        Object.assign(Promise.resolve(1), {
          then: () => {
            throw new Error('no');
          },
        }),
    ],
    [
      'returns a thenable that is',
      () => ({
        get then() {
          throw new Error('no');
        },
      }),
    ],
  ])('gives a result when a tool %s what cannot be read, and its slot back', async (_, execute) => {
    const manager = createToolManager({ environment: {}, maxConcurrency: 1 });
    const input = { type: 'object' };
    manager.registerTool(defineTool({ name: 'echo', description: 'Echoes.', input, execute }));

    const results = await manager.executeToolCalls([call, call]);

    expect(results.map(({ callId }) => callId)).toEqual(['1', '1']);
  });

  it('waits for what only looks like a promise', async () => {
    const thenable = {
      then: (done: (value: number) => void) => queueMicrotask(() => done(1)),
    };
    const execute = () => thenable as unknown as Promise<number>;
    const manager = createToolManager({ environment: {} });
    manager.registerTool(defineTool({ name: 'echo', description: 'Echoes.', input: {}, execute }));

    expect(await manager.executeToolCall(call)).toMatchObject({ status: 'ok', value: 1 });
  });

  it.each([
    ['only looks like a promise', { then: (done: (no: object) => void) => done({ issues: [] }) }],
    ['is nothing', undefined],
  ])('lets no call through whose schema gives a refusal that %s', async (_, checked) => {
    const manager = createToolManager({ environment: {} });
    const json = () => ({ type: 'object' });
    const input = {
      '~standard': {
        version: 1,
        vendor: 'odd',
        validate: () => checked as never,
        jsonSchema: { input: json, output: json },
      },
    } as const;
    manager.registerTool(
      defineTool({ name: 'echo', description: 'Echoes.', input, execute: () => 'ran' }),
    );

    expect(await manager.executeToolCall(call)).toMatchObject({
      status: 'error',
      error: { code: 'LLMGINE_INVALID_TOOL_ARGUMENTS' },
    });
  });

  it.each([
    ['fails', undefined],
    ['gives nothing', () => undefined],
    ['gives no error', () => 'redacted'],
    ['gives a promise', async (error: unknown) => error],
  ])('gives a result without the error’s text when the redactor %s', async (_, given) => {
    const manager = createToolManager({
      environment: {},
      redact:
        given ??
        (() => {
          throw new Error('broken');
        }),
    });
    const execute = () => Promise.reject(new Error('secret'));
    manager.registerTool(defineTool({ name: 'echo', description: 'Echoes.', input: {}, execute }));

    const result = await manager.executeToolCall(call);

    expect(result.status).toBe('error');
    expect(result.content).toContain('it could not be redacted');
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  it('gives a result without the tool’s when the redactor fails', async () => {
    const manager = createToolManager({
      environment: {},
      redactResults: true,
      redact: () => {
        throw new Error('broken');
      },
    });
    const input = { type: 'object' };
    manager.registerTool(
      defineTool({ name: 'echo', description: 'Echoes.', input, execute: async () => 'secret' }),
    );

    const result = await manager.executeToolCall(call);

    expect(result.status).toBe('error');
    expect(JSON.stringify(result)).not.toContain('secret');
  });
});

function hostileError(): Error {
  const refuse = {
    get: () => {
      throw new Error('no');
    },
  };
  return Object.defineProperties(new Error('x'), { code: refuse, name: refuse, message: refuse });
}
