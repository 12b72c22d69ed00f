import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  createToolManager,
  defineTool,
  type Tool,
  type ToolInput,
  type ToolResult,
} from '@llmgine/tools';
import { createFakeClock, type FakeClock } from '@llmgine/testing';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const rawInput = {
  type: 'object',
  properties: { count: { type: 'integer' } },
  required: ['count'],
};

function aTool(execute: (args: never) => unknown, input: ToolInput = z.looseObject({})): Tool {
  return defineTool({
    name: 'work',
    description: 'Works.',
    input,
    execute: execute as () => unknown,
  });
}

function start(
  tool: Tool,
  { args = '{}', clock, signal }: { args?: unknown; clock?: FakeClock; signal?: AbortSignal } = {},
): Promise<ToolResult> {
  const manager = createToolManager({ environment: {}, clock });
  manager.registerTool(tool);
  return manager.executeToolCall({ id: '1', name: 'work', arguments: args }, { signal });
}

const hangs = aTool(() => new Promise(() => {}));
const echo = aTool((args) => args, rawInput);

const failures: Record<string, () => Promise<void>> = {
  'A tool ignores its timeout': async () => {
    const clock = createFakeClock();
    const result = start(hangs, { clock });
    await clock.advanceAsync(30_000);

    expect(await result).toMatchObject({ status: 'timeout' });
  },
  'The run is aborted while a tool works': async () => {
    const controller = new AbortController();
    const result = start(hangs, { signal: controller.signal });
    controller.abort();

    expect(await result).toMatchObject({ status: 'cancelled' });
  },
  'A tool with a raw JSON Schema gets arguments of the wrong type': async () => {
    const result = await start(echo, { args: '{"count":"many"}' });

    expect(result.status).toBe('error');
    expect(result.content).toContain('count:');
  },
  'The arguments are malformed JSON': async () => {
    expect(await start(echo, { args: '{count: 3,} // three' })).toMatchObject({
      status: 'ok',
      value: { count: 3 },
      repairs: ['malformed JSON'],
    });
  },
  'The arguments are cut off inside a value': async () => {
    expect(await start(echo, { args: '{"count":1' })).toMatchObject({ status: 'error' });
  },
  'The arguments are empty': async () => {
    const noArguments = aTool(() => 'done', z.object({}));

    expect(await start(noArguments, { args: '' })).toMatchObject({ status: 'ok', content: 'done' });
    expect((await start(echo, { args: '' })).content).toContain('count');
  },
  '`"3"` where a number is wanted': async () => {
    expect(await start(echo, { args: '{"count":"3"}' })).toMatchObject({ value: { count: 3 } });
  },
  'The arguments are JSON inside JSON': async () => {
    expect(await start(echo, { args: JSON.stringify('{"count":3}') })).toMatchObject({
      value: { count: 3 },
      repairs: ['double-encoded JSON'],
    });
  },
  'A tool returns 2 MB': async () => {
    const long = 'x'.repeat(2_000_000);
    const result = await start(aTool(() => long));

    expect(result.content.length).toBeLessThanOrEqual(40_000);
    expect(result.content).toContain('characters left out');
    expect(result.value).toBe(long);
  },
  'An error text holds a secret': async () => {
    const result = await start(
      aTool(() => {
        throw new Error('401 for Bearer abc123def456');
      }),
    );

    expect(result.content).toBe("Tool 'work' failed: 401 for Bearer [redacted]");
  },
  'The tool does not exist': async () => {
    const manager = createToolManager({ environment: {} });
    manager.registerTool(echo);

    const result = await manager.executeToolCall({ id: '1', name: 'wrok' });
    expect(result.content).toContain("Did you mean 'work'?");
  },
  'A tool returns nothing, a cycle, a big integer or a stream': async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;

    expect(await start(aTool(() => undefined))).toMatchObject({ content: '(no output)' });
    expect(await start(aTool(() => cyclic))).toMatchObject({ content: '{"self":"[circular]"}' });
    expect(await start(aTool(() => 1n))).toMatchObject({ content: '1' });
    expect(await start(aTool(() => new ReadableStream()))).toMatchObject({ status: 'error' });
  },
  'A tool returns a `Map`, `Headers` or an object of a class': async () => {
    class Secret {
      #key = 1;
      get hasKey(): boolean {
        return this.#key > 0;
      }
    }

    expect(await start(aTool(() => new Map([['a', 1]])))).toMatchObject({ content: '{"a":1}' });
    expect(await start(aTool(() => new Headers({ a: '1' })))).toMatchObject({ value: { a: '1' } });
    expect(await start(aTool(() => new Secret()))).toMatchObject({ content: '[Secret]' });
  },
};

describe('the ordinary failures in the README', () => {
  it.each(Object.entries(failures))('%s', async (_, check) => {
    await expect(check()).resolves.toBeUndefined();
  });

  it('are the rows of its table', () => {
    const rows = [...readme.matchAll(/^\| (?<failure>[^|]+?) +\| [^|]+\| [^|]+\|$/gm)];

    expect(rows.map((row) => row.groups?.['failure']).slice(2)).toEqual(Object.keys(failures));
  });
});
