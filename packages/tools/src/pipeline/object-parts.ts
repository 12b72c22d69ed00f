/** What an object holds, for JSON: one value, items, or fields. */
export type ObjectParts =
  | { readonly value: unknown }
  | { readonly items: Iterable<unknown> }
  | { readonly fields: Iterable<readonly [string, unknown]> };

/**
 * Reads an object as what it is for. Objects that keep what they hold to themselves are named rather than shown as
 * empty. Generators are named too: reading one uses it up.
 */
export function partsOf(value: object): ObjectParts {
  if (Array.isArray(value) || value instanceof Set) return { items: value };
  if (value instanceof Map) return partsOfMap(value);
  const text = textOf(value);
  if (text !== undefined) return { value: text };
  if (isBoxed(value)) return { value: value.valueOf() };
  if (value instanceof Error) return { fields: errorFields(value) };
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return { value: toJSON.call(value) };
  if (isPairs(value)) return { fields: gathered(value) };
  if (isIterator(value)) return { value: nameOf(value) };
  if (isIterable(value)) return { items: value };
  return partsOfOther(value);
}

/** Tells whether reading a value uses it up, and may never come to an end. */
export function isIterator(value: object): boolean {
  return typeof (value as { next?: unknown }).next === 'function' && isIterable(value);
}

/** Objects that say all in one text. */
function textOf(value: object): string | undefined {
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  }
  if (ArrayBuffer.isView(value) || isBuffer(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Blob) return `[${value.size} bytes]`;
  return value instanceof RegExp ? String(value) : undefined;
}

function isBuffer(value: object): value is ArrayBuffer | SharedArrayBuffer {
  return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;
}

/** `new Number(3)` and the like. */
function isBoxed(value: object): boolean {
  return [Number, String, Boolean, BigInt, Symbol].some((boxed) => value instanceof boxed);
}

/** Only text can be the name of a field; other keys stand beside their values. */
function partsOfMap(map: ReadonlyMap<unknown, unknown>): ObjectParts {
  const named = [...map.keys()].every((key) => typeof key === 'string');
  return named ? { fields: map as ReadonlyMap<string, unknown> } : { items: map };
}

function* errorFields(error: Error): Generator<readonly [string, unknown]> {
  yield ['name', error.name];
  yield ['message', error.message];
  if (error.cause !== undefined) yield ['cause', error.cause];
  if (error instanceof AggregateError) yield ['errors', error.errors];
  for (const [key, field] of readableFields(error)) {
    if (!['name', 'message', 'cause', 'errors', 'stack'].includes(key)) yield [key, field];
  }
}

function isPairs(value: object): value is Headers | FormData | URLSearchParams {
  return value instanceof Headers || value instanceof FormData || value instanceof URLSearchParams;
}

/** What has one name several times becomes a list. */
function gathered(pairs: Iterable<readonly [string, unknown]>): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [key, value] of pairs) {
    fields.set(key, fields.has(key) ? [fields.get(key), value].flat() : value);
  }
  return fields;
}

function isIterable(value: object): value is Iterable<unknown> {
  return typeof (value as { [Symbol.iterator]?: unknown })[Symbol.iterator] === 'function';
}

function partsOfOther(value: object): ObjectParts {
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null;
  if (isPlain || Object.keys(value).length > 0) return { fields: readableFields(value) };
  const { toString } = value as { toString?: unknown };
  const saysItself = typeof toString === 'function' && toString !== Object.prototype.toString;
  return { value: saysItself ? String(value) : nameOf(value) };
}

/** As `[Name]`, which is all that can be told of it. */
function nameOf(value: object): string {
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  const name: unknown = tag === 'Object' ? value.constructor?.name : tag;
  return `[${typeof name === 'string' && name !== '' ? name : 'Object'}]`;
}

/** A getter that throws hides its own field only. */
function* readableFields(value: object): Generator<readonly [string, unknown]> {
  for (const key of Object.keys(value)) yield [key, readField(value, key)];
}

function readField(value: object, key: string): unknown {
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return '[unreadable]';
  }
}
