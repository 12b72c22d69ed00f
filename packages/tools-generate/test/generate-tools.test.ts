import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToolManager } from '@llmgine/tools';
import { runCommandLine } from '../src/command-line.ts';
import { generateTools } from '../src/index.ts';
import { tools } from './sample/generated.ts';

const sample = fileURLToPath(new URL('sample/tools.ts', import.meta.url));
const generated = fileURLToPath(new URL('sample/generated.ts', import.meta.url));

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'llmgine-generate-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

function source(text: string): string {
  const file = join(directory, 'tools.ts');
  writeFileSync(file, text);
  return file;
}

/** The properties of each tool's schema, by its name. */
function schemasOf(lines: readonly string[]): {
  readonly schemas: Record<string, Record<string, unknown>>;
} {
  const text = generateTools({ file: source(`${lines.join('\n')}\n`) });
  const found = text.matchAll(
    /name: "(?<name>\w+)",[\s\S]*?jsonSchema<\w+>\((?<schema>[\s\S]*?)\),\n {2}execute/g,
  );
  const schemas = Array.from(found, ({ groups }) => {
    const { properties } = JSON.parse(groups?.['schema'] ?? '') as {
      properties: Record<string, unknown>;
    };
    return [groups?.['name'] ?? '', properties] as const;
  });
  return { schemas: Object.fromEntries(schemas) };
}

function run(...args: string[]): { code: number; out: string; error: string } {
  const written = { out: '', error: '' };
  const code = runCommandLine(args, {
    out: (text) => void (written.out += text),
    error: (text) => void (written.error += text),
  });
  return { code, ...written };
}

async function call(name: string, args: unknown) {
  const manager = createToolManager({ environment: {} });
  for (const tool of tools) manager.registerTool(tool);
  return manager.executeToolCall({ id: '1', name, arguments: args });
}

function typeErrors(files: Record<string, string>): readonly string[] {
  const config = ts.readConfigFile(
    fileURLToPath(new URL('sample/tsconfig.json', import.meta.url)),
    (path) => readFileSync(path, 'utf8'),
  );
  const { options } = ts.parseJsonConfigFileContent(
    config.config,
    ts.sys,
    fileURLToPath(new URL('sample', import.meta.url)),
  );
  const host = ts.createCompilerHost(options);
  const read = host.readFile.bind(host);
  host.readFile = (path) => files[path] ?? read(path);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (path, version) => {
    const text = files[path];
    return text === undefined
      ? readSource(path, version)
      : ts.createSourceFile(path, text, version);
  };
  return ts
    .getPreEmitDiagnostics(ts.createProgram([generated], options, host))
    .filter(({ file }) => file?.fileName === generated)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

describe('13.3 llmgine-tools generate', { timeout: 60_000 }, () => {
  it('keeps the sample’s definitions up to date, whatever a formatter did to them', () => {
    expect(run('generate', sample, '--out', generated, '--check')).toMatchObject({
      code: 0,
      error: '',
    });
  });

  it('makes a tool of each exported function, with its name, description, effect and deadline', () => {
    expect(tools.map(({ name, effect, timeoutMs }) => [name, effect, timeoutMs])).toEqual([
      ['getWeather', 'read', 5000],
      ['book_visit', 'once', undefined],
      ['add', 'read', undefined],
      ['tell', 'once', undefined],
    ]);
    expect(tools[0].description).toBe('Tells the weather of a city.');
  });

  it('describes unions, literals, optionals and defaults with the words of the doc comments', () => {
    const manager = createToolManager({ environment: {} });
    manager.registerTool(tools[0]);

    expect(manager.parseToolsToList()[0]?.function.parameters).toEqual({
      type: 'object',
      properties: {
        city: { type: 'string', description: 'The city’s name.' },
        units: {
          type: 'string',
          enum: ['celsius', 'fahrenheit'],
          description: 'Which degrees.',
          default: 'celsius',
        },
        days: { type: 'number', default: 1 },
      },
      required: ['city'],
      additionalProperties: false,
    });
  });

  it('calls the function with its own defaults, coerced arguments and an object taken apart', async () => {
    expect(await call('getWeather', '{"city":"Paris","days":"3"}')).toMatchObject({
      status: 'ok',
      content: 'Paris celsius 3',
    });
    expect(await call('add', { a: 1 })).toMatchObject({ status: 'ok', value: 3 });
  });

  it('gives dates, also nested and optional ones, literals and recursive objects', async () => {
    const result = await call('book_visit', {
      when: '2026-01-01T00:00:00Z',
      address: { street: 'A', tags: [], parent: { street: 'B', tags: ['x'] } },
      level: 'high',
      range: { from: '2026-01-02T00:00:00Z', to: null },
      others: ['2026-01-03T00:00:00Z'],
    });

    expect(result.value).toEqual({
      when: Date.parse('2026-01-01T00:00:00Z'),
      street: 'A',
      level: 'high',
      from: Date.parse('2026-01-02T00:00:00Z'),
      to: null,
      others: [Date.parse('2026-01-03T00:00:00Z')],
    });
  });

  it.each([
    ['book_visit', { when: 'tomorrow', address: { street: 'A', tags: [] }, level: 0 }],
    ['book_visit', { when: '2026-01-01T00:00:00Z', address: { street: 'A' }, level: 0 }],
    ['book_visit', { when: '2026-01-01T00:00:00Z', address: { street: 'A', tags: [] }, level: 5 }],
    ['getWeather', { city: 'Paris', units: 'kelvin' }],
    ['tell', { point: [1], counts: {} }],
    ['tell', { point: [1, 2], counts: { a: 'x' } }],
  ])('refuses arguments of %s that do not fit: %j', async (name, args) => {
    expect(await call(name, args)).toMatchObject({
      status: 'error',
      error: { code: 'LLMGINE_INVALID_TOOL_ARGUMENTS' },
    });
  });

  it('writes definitions that the compiler checks against the functions', () => {
    const text = readFileSync(sample, 'utf8');

    expect(typeErrors({})).toEqual([]);
    expect(
      typeErrors({ [sample]: text.replace('(city: string', '(city: number') }).join(),
    ).toContain('not assignable');
    expect(
      typeErrors({ [sample]: text.replace('street: string', 'street: number') }).join(),
    ).toContain('not assignable');
    expect(typeErrors({ [sample]: text.replace('days = 1', 'days: string') })).not.toEqual([]);
  });

  it.each([
    ['(callback: () => void) {}', "parameter 'callback' of 'f' is or holds a function"],
    ['(big: bigint) {}', 'bigint'],
    ['(map: Map<string, number>) {}', 'a Map'],
    [
      '(all: { inner: { made: Promise<string> } }) {}',
      "a Promise, which JSON does not have at 'inner.made'",
    ],
    ['(untyped) {}', 'any, which says nothing'],
    ['(missing: NotThere) {}', 'any, which says nothing'],
    ['(...rest: string[]) {}', 'rest parameter'],
    ['<T>(generic: T) {}', 'type parameters'],
    ['(either: Date | string) {}', 'a Date beside other types'],
    ['(dates: Record<string, Date>) {}', 'a Date as a value of a record'],
    ['(this: { x: number }, a: string) {}', 'this parameter'],
    [
      '(a: string): void;\nexport function f(a: number): void;\n/** Both. */\nexport function f(a: string | number) {}',
      'has overloads',
    ],
  ])('refuses f%s with the file and the line', (rest, message) => {
    const file = source(`\n/** Does something. */\nexport function f${rest}\n`);

    const { code, error } = run('generate', file);

    expect(code).toBe(1);
    expect(error).toMatch(/tools\.ts:[36]:\d+ /);
    expect(error).toContain(message);
  });

  it('takes enums, whose type only the function names', () => {
    const file = source(
      "export enum Level { Low, High = 'high' }\n/** Sets it. */\nexport function f(level: Level, all?: Level[]) {}\n",
    );

    const text = generateTools({ file });

    expect(text).toContain('level": 0 | "high"');
    expect(text).toContain('f((args.level) as Parameters<typeof f>[0]');
    expect(text).toContain('(args.all) as Parameters<typeof f>[1]');
  });

  it.each(['function named', 'function '])('refuses the default export of %s', (name) => {
    const file = source(`/** Does something. */\nexport default ${name}(a: string) {}\n`);

    expect(run('generate', file).error).toContain('is the default export');
  });

  it('gives null where a date may be null, and takes a date that may be left out out of its object', () => {
    const file = source(
      '/** Waits. */\nexport function f(until?: Date | null, range: { from?: Date } = {}) {}\n',
    );

    const text = generateTools({ file });

    expect(text).toContain('args.until === null ? null');
    expect(text).toContain('...(field0 !== undefined && { "from": new Date(field0) })');
  });

  it('takes descriptions and defaults of an object from the doc comments of its fields', () => {
    const file = source(
      [
        'export interface Booking {',
        '  /** The name of the guest. */',
        '  name: string;',
        '  /**',
        '   * How many come.',
        '   * @default 2',
        '   */',
        '  guests?: number;',
        '}',
        '/** Books a table. */',
        'export function book(booking: Booking) {}',
        '',
      ].join('\n'),
    );

    const text = generateTools({ file }).replace(/\s+/g, ' ');

    expect(text).toContain('"description": "The name of the guest."');
    expect(text).toContain('"description": "How many come."');
    expect(text).toContain('"default": 2');
  });

  it('keeps a doc comment that stands last in the file out of the schemas', () => {
    const file = source(
      '/** Does something. */\nexport function f(a: string) {}\n/** Astray. */\n',
    );

    expect(generateTools({ file })).not.toContain('Astray');
  });

  it('names all problems at once', () => {
    const file = source(
      'export function f(a: bigint) {}\n/** Ok. @effect twice */\nexport function g(b: symbol) {}\n',
    );

    const { error } = run('generate', file);

    expect(error.trim().split('\n')).toHaveLength(4);
    expect(error).toContain('no doc comment');
    expect(error).toContain('@effect twice');
  });

  it('writes beside the source, and fails --check until it did', () => {
    const file = source(
      '/** Doubles. */\nexport const twice = (value: number): number => value * 2;\n',
    );

    expect(run('generate', file, '--check').code).toBe(1);
    expect(run('generate', file).code).toBe(0);
    expect(run('generate', file, '--check').code).toBe(0);
    writeFileSync(
      file,
      '/** Doubles. */\nexport const twice = (value: string): string => value + value;\n',
    );
    expect(run('generate', file, '--check')).toMatchObject({ code: 1 });
    expect(readFileSync(join(directory, 'tools.tools.ts'), 'utf8')).toContain('twiceTool');
  });

  it('tells how it is used when it is used wrongly', () => {
    expect(run()).toMatchObject({ code: 2 });
    expect(run('generate').error).toContain('Name a file');
    expect(run('generate', 'a.ts', '--nonsense').code).toBe(2);
    expect(run('--help')).toMatchObject({ code: 0 });
    expect(run('generate', join(directory, 'none.ts')).error).toContain('there is no such file');
    expect(run('generate', source('export const x = 1;')).error).toContain('exports no function');
    expect(run('generate', source('export function (')).code).toBe(1);
  });

  it.each([
    ["export * as ns from './other.ts';", 'it exports no function'],
    ["export * from './other.ts';", "function 'other' is written in another file"],
    ["export { other } from './other.ts';", "function 'other' is written in another file"],
    ['/** D. */\nfunction a(x: string) { return x }\nexport default a;', 'is the default export'],
    ['/** D. */\nexport default (x: string) => x;', 'is the default export'],
    ['const g = (x: string) => x;\n/** D. */\nexport const f = g;', 'is not written as a function'],
    ['export const { f } = { f: (x: string) => x };', 'is not written as a function'],
    ['/** D. */\nexport declare function f(a: string): void;', 'is not written as a function'],
    ['/** D. */\nexport function* f(a: string) { yield a }', 'gives a generator or a stream'],
    ['/** D. */\nexport async function* f(a: string) { yield a }', 'gives a generator or a stream'],
    [
      '/** D. */\nexport const f = async (a: string) => new ReadableStream<string>();',
      'gives a generator or a stream',
    ],
    [
      '/** D. */\nexport function f(a: { b: Uppercase<string> }) { return a }',
      'a text in a fixed case such as Uppercase<string>, which JSON Schema cannot say',
    ],
    [
      "/** D. */\nexport function f(a: typeof import('./other.js').other.name) { return a }",
      "cannot become a schema because of 'typeof import('./other.js').other.name'; write their types out: a: typeof",
    ],
    [
      'const g = () => 1;\n/** D. */\nexport function f(a: ReturnType<typeof g>) { return a }',
      "cannot become a schema because of '() => 1'; write their types out: a: ReturnType<typeof g>",
    ],
    [
      '/** D. */\nexport function f(a: `a${string}` | number) { return a }',
      'a template literal type beside other types in a union; use string',
    ],
    [
      '/** D. */\nexport function f(a: Record<string, `a${string}`>) { return a }',
      'a template literal type in a record or a tuple; use string',
    ],
    [
      'class P { private x = 1; y = 2 }\n/** D. */\nexport function f(p: P) { return p }',
      "function 'f' takes what no schema can say",
    ],
    [
      '/** D. */\nexport function f(a: { x: number; [key: string]: number }) { return a }',
      "function 'f' takes what no schema can say",
    ],
    ['/** D. */\nexport function f(a: void) { return a }', 'takes what no schema can say'],
    [
      '/** D. */\nexport function f(a: Set<string>) { return a }',
      'a Set, which JSON does not have',
    ],
    ['/** D. */\nexport function f(a: symbol) { return a }', 'a symbol'],
    [
      '/** D. @name x */\nexport function f() {}\n/** D. @name x */\nexport function g() {}',
      "function 'g' would be a second tool 'x'",
    ],
    ['/** D. */\nexport function tools(a: string) { return a }', 'has a name that the file'],
  ])('tells where and why nothing can be made of: %s', (text, message) => {
    writeFileSync(join(directory, 'other.ts'), '/** D. */\nexport function other(a: string) {}\n');
    const { code, error } = run('generate', source(`${text}\n`));

    expect(code).toBe(1);
    expect(error).toMatch(/tools\.ts:\d+:\d+ /);
    expect(error).toContain(message);
  });

  it('makes right schemas of odd types', () => {
    writeFileSync(
      join(directory, 'other.ts'),
      "export interface Other { id: string; at?: Date }\nexport type Kind = 'a' | 'b';\n",
    );
    const { schemas } = schemasOf([
      "import type { Kind, Other } from './other.ts';",
      '/** @internal */ function under(a: string) { return a }',
      'export { under as hidden };',
      'export class Passed { over() {} }',
      'export const things = { over() {} };',
      'export namespace Spaces { export function over(a: string) { return a } }',
      '/** D. @ignore */ export function left(a: string) { return a }',
      '/** D. */ function named(a: string) { return a }',
      'export { named as renamed };',
      'type Id = string & { readonly __brand: unique symbol };',
      'const enum Size { Small = 1, Large }',
      'interface Box<T> { value: T; inner?: Box<T> }',
      "type Shape = { kind: 'circle'; r: number } | { kind: 'square'; side?: number };",
      'const LIMIT = 3;',
      'const LOUD = true, SOFT = false;',
      '/** D. */ export function texts(a: `user-${string}`, b?: `${number}px`[], c: { d: `v${1 | 2}.x` | null } = { d: null }) { return [a, b, c] }',
      '/** D. */ export function brands(a: Id, b: Size = Size.Large, c: number & { __unit: 1 } = LIMIT as never) { return [a, b, c] }',
      '/** D. */ export function parts({ a, b = 2, c: other = -1, d = ["x"], e = { f: null } }: { a: string; b?: number; c?: number; d?: string[]; e?: object }) { return [a, b, other, d, e] }',
      '/** D. */ export function objects(a: Box<number>, b: Shape, c: Partial<Record<Kind, 1>>, d: Omit<Other, "at"> & { e: true }) { return [a, b, c, d] }',
      '/** D. */ export function lists(a: readonly [string, number?], b: [string, ...boolean[]], c: Kind[][], d: Other[]) { return [a, b, c, d] }',
      '/** D. */ export function flags(a = LOUD as boolean, b = SOFT as boolean, c = -LIMIT, d = `x`) { return [a, b, c, d] }',
      '/** D. */ export function nothings(a: string | null, b: number | undefined, c: boolean | null = null, d = 1 as const) { return [a, b, c, d] }',
    ]);

    expect(Object.keys(schemas)).not.toContain('hidden');
    expect(Object.keys(schemas)).not.toContain('left');
    expect(Object.keys(schemas)).not.toContain('over');
    expect(schemas['renamed']).toEqual({ a: { type: 'string' } });
    expect(schemas['texts']).toMatchObject({
      a: { type: 'string', pattern: String.raw`^user-[\s\S]*$` },
      b: { items: { pattern: String.raw`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?px$` } },
    });
    expect(schemas['brands']).toEqual({
      a: { type: 'string' },
      b: { type: 'number', enum: [1, 2], default: 2 },
      c: { type: 'number', default: 3 },
    });
    expect(schemas['parts']).toMatchObject({
      b: { default: 2 },
      c: { default: -1 },
      d: { default: ['x'] },
      e: { default: { f: null } },
    });
    expect(schemas['parts']).not.toHaveProperty('a.default');
    expect(schemas['objects']).toMatchObject({
      a: { properties: { value: { type: 'number' }, inner: { $ref: expect.any(String) } } },
      b: { anyOf: [{ required: ['kind', 'r'] }, { required: ['kind'] }] },
      c: { properties: { a: { const: 1 }, b: { const: 1 } }, additionalProperties: false },
      d: { properties: { id: { type: 'string' }, e: { const: true } } },
    });
    expect(schemas['lists']).toMatchObject({
      a: { minItems: 1, maxItems: 2 },
      b: { prefixItems: [{ type: 'string' }], items: { type: 'boolean' } },
      c: { items: { items: { enum: ['a', 'b'] } } },
      d: { items: { properties: { at: { format: 'date-time' } } } },
    });
    expect(schemas['flags']).toEqual({
      a: { type: 'boolean', default: true },
      b: { type: 'boolean', default: false },
      c: { type: 'number', default: -3 },
      d: { type: 'string', default: 'x' },
    });
    expect(schemas['nothings']).toEqual({
      a: { type: ['string', 'null'] },
      b: { type: 'number' },
      c: { type: ['boolean', 'null'], default: null },
      d: { type: 'number', const: 1, default: 1 },
    });
  });

  it('takes types of other files without an import of them, also inferred ones', () => {
    writeFileSync(
      join(directory, 'other.ts'),
      [
        'export interface Options { limit: number; at?: Date; inner?: Options }',
        'export interface Box<T> { value: T }',
        "export enum Mode { Fast = 'fast', Slow = 'slow' }",
        'export const defaults: Box<string> = { value: "x" };',
        'export type { Mode as Renamed };',
      ].join('\n'),
    );
    const { schemas } = schemasOf([
      "import { defaults } from './other.js';",
      "/** D. */ export function named(a: import('./other.js').Box<import('./other.js').Mode>, b?: import('./other.js').Renamed[]) { return [a, b] }",
      '/** D. */ export function inferred(a = defaults) { return a }',
      "/** D. */ export function apart({ value = 'y' }: import('./other.js').Box<string>) { return value }",
    ]);

    expect(schemas).toMatchObject({
      named: {
        a: { properties: { value: { enum: ['fast', 'slow'] } }, required: ['value'] },
        b: { items: { enum: ['fast', 'slow'] } },
      },
      inferred: { a: { properties: { value: { type: 'string' } } } },
      apart: { value: { type: 'string', default: 'y' } },
    });
  });

  it('says whether it has written', () => {
    const file = source('/** D. */\nexport function f(a: string) {}\n');

    expect(run('generate', file).out).toContain('tools.tools.ts written');
    expect(run('generate', file).out).toContain('tools.tools.ts is up to date');
  });

  it('gives the text to programs too', () => {
    expect(generateTools({ file: sample, out: generated })).toContain(
      'export const tools: readonly [',
    );
  });
});
