/** A value as JSON data, and what about it JSON could not say. */
export interface JsonValue {
  readonly value: unknown;
  readonly cyclic: boolean;
  readonly tooDeep: boolean;
  /** A key was dropped that could reach a prototype. */
  readonly dropped: boolean;
}

/** Deeper data is no argument or result that anybody means. */
export const MAX_JSON_DEPTH = 100;

/**
 * Copies anything into plain JSON data: big integers become text, maps and sets objects and lists, bytes a note,
 * dates ISO text, errors their name and message; cycles and too deep values say so. Never throws.
 */
export function toJsonValue(given: unknown): JsonValue {
  const copy = new JsonCopy();
  const value = copy.of(given, 0);
  return { value, cyclic: copy.cyclic, tooDeep: copy.tooDeep, dropped: copy.dropped };
}

/** Tells whether parsed JSON is nested no deeper than allowed and its numbers are finite: JSON.parse makes `1e999` infinite. */
export function isTameJson(value: unknown, depth = 0): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= MAX_JSON_DEPTH) return false;
  const items = Array.isArray(value) ? value : Object.values(value);
  return items.every((item) => isTameJson(item, depth + 1));
}

class JsonCopy {
  cyclic = false;
  tooDeep = false;
  dropped = false;
  readonly #ancestors = new Set<object>();

  of(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return value.toWellFormed();
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'bigint':
      case 'symbol':
        return String(value);
      case 'boolean':
        return value;
      case 'object':
        return value === null ? null : this.#ofObject(value, depth);
      default:
        return undefined;
    }
  }

  #ofObject(value: object, depth: number): unknown {
    if (this.#ancestors.has(value)) {
      this.cyclic = true;
      return '[circular]';
    }
    if (depth >= MAX_JSON_DEPTH) {
      this.tooDeep = true;
      return '[too deep]';
    }
    this.#ancestors.add(value);
    try {
      return this.#ofParts(value, depth + 1);
    } catch {
      return '[unreadable]';
    } finally {
      this.#ancestors.delete(value);
    }
  }

  #ofParts(value: object, depth: number): unknown {
    if (Array.isArray(value) || value instanceof Set) return this.#ofItems(value, depth);
    if (value instanceof Map) return this.#ofFields(mapFields(value), depth);
    const text = textOf(value);
    if (text !== undefined) return text;
    if (value instanceof Error) return { name: value.name, message: value.message };
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return this.of(toJSON.call(value), depth);
    return this.#ofFields(readableFields(value), depth);
  }

  #ofItems(items: Iterable<unknown>, depth: number): unknown {
    return Array.from(items, (item) => this.of(item, depth) ?? null);
  }

  #ofFields(fields: Iterable<readonly [string, unknown]>, depth: number): unknown {
    const copied: Record<string, unknown> = {};
    for (const [key, field] of fields) {
      if (key === '__proto__') {
        this.dropped = true;
        continue;
      }
      const inner = this.of(field, depth);
      if (inner !== undefined) copied[key.toWellFormed()] = inner;
    }
    return copied;
  }
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

/** Objects that say all in one text. */
function textOf(value: object): string | undefined {
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return `[${value.byteLength} bytes]`;
  return value instanceof RegExp ? String(value) : undefined;
}

function* mapFields(map: ReadonlyMap<unknown, unknown>): Generator<readonly [string, unknown]> {
  for (const [key, value] of map) yield [typeof key === 'string' ? key : keyText(key), value];
}

function keyText(key: unknown): string {
  const { value } = toJsonValue(key);
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
}
