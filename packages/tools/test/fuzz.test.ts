import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createToolManager, defineTool, type ToolCall, type ToolResult } from '@llmgine/tools';

const CASES = 10_000;

const rawSchema = {
  type: 'object',
  properties: {
    n: { type: 'integer' },
    list: { type: 'array', items: { type: ['number', 'null'] } },
    either: {
      anyOf: [{ type: 'boolean' }, { type: 'object', additionalProperties: { type: 'string' } }],
    },
    self: { $ref: '#' },
  },
};
const inputs = {
  zod: z.object({
    n: z.number().int().optional(),
    text: z.string().optional(),
    list: z.array(z.number()).optional(),
    nested: z.looseObject({ yes: z.boolean() }).optional(),
  }),
  raw: rawSchema,
  open: z.looseObject({}),
};

const tools = createToolManager({ environment: {} });
for (const [name, input] of Object.entries(inputs)) {
  tools.registerTool(
    defineTool({ name, description: name, input, execute: (args: unknown) => args }),
  );
}

const keys = fc.constantFrom(
  'n',
  'text',
  'list',
  'nested',
  'either',
  'self',
  '__proto__',
  'constructor',
  'toString',
);
const nasty = fc.constantFrom(
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  '{"n":1e400}',
  '{"n":123456789012345678901234567890}',
  '{"n":NaN}',
  '{"n":"9007199254740993"}',
  '"\\ud800"',
  '{"text":"\ud800"}',
  '['.repeat(10_000),
  '{"self":'.repeat(10_000),
  `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
  `{"nested":${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}}`,
);
const json = fc.oneof(
  fc.json(),
  fc.dictionary(keys, fc.jsonValue()).map((value) => JSON.stringify(value)),
);
const mangled = fc
  .tuple(json, fc.nat(), fc.string({ unit: 'binary', maxLength: 4 }))
  .map(([text, at, more]) => text.slice(0, at % (text.length + 1)) + more);
const given = fc.oneof(
  json,
  mangled,
  nasty,
  fc.string({ unit: 'binary' }),
  json.map((text) => JSON.stringify(text)),
  fc.dictionary(keys, fc.jsonValue()),
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSparseArray: true,
    withNullPrototype: true,
    withTypedArray: true,
  }),
);
const call: fc.Arbitrary<ToolCall> = fc.record({
  id: fc.string(),
  name: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...Object.keys(inputs)) },
    { weight: 1, arbitrary: fc.string() },
  ),
  arguments: given,
});

function expectTruth(results: readonly ToolResult[], calls: readonly ToolCall[]): void {
  expect(results).toHaveLength(calls.length);
  for (const [index, result] of results.entries()) {
    const { id } = calls[index] ?? {};
    if (id) expect(result.callId).toBe(id.toWellFormed());
    expect(['ok', 'error', 'unknown']).toContain(result.status);
    expect(typeof result.content).toBe('string');
    expect(result.content.isWellFormed()).toBe(true);
    expect(result.content.length).toBeLessThanOrEqual(40_000);
    expect(() => JSON.stringify(result)).not.toThrow();
  }
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(([] as unknown as Record<string, unknown>)['polluted']).toBeUndefined();
}

describe('13.4 arguments as anything at all', () => {
  it(`give exactly one result per call, in order, in ${CASES} cases`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 3 }), async (calls) => {
        expectTruth(await tools.executeToolCalls(calls), calls);
      }),
      { numRuns: CASES },
    );
  }, 600_000);

  it.each([
    ['valid text of 5 MB', JSON.stringify({ text: 'x'.repeat(5_000_000) }), 'ok'],
    ['5 MB that are no JSON', 'x'.repeat(5_000_000), 'error'],
    ['5 MB of opening brackets', '{'.repeat(5_000_000), 'error'],
    ['5 MB of quotes', '"'.repeat(5_000_000), 'error'],
    ['5 MB of escapes', '\\'.repeat(5_000_000), 'error'],
    ['5 MB of blanks', ' '.repeat(5_000_000), 'ok'],
    ['a tool’s name of 5 MB', undefined, 'unknown'],
  ])('survive %s', async (_, args, status) => {
    const name = args === undefined ? 'x'.repeat(5_000_000) : 'zod';
    const calls = [{ id: '1', name, arguments: args }];

    const results = await tools.executeToolCalls(calls);

    expectTruth(results, calls);
    expect(results[0]?.status).toBe(status);
  });
});
