/** A value as JSON data, and what about it JSON could not say. */
export interface JsonValue {
  readonly value: unknown;
  readonly cyclic: boolean;
  readonly tooDeep: boolean;
  /** Names of dropped keys that could reach a prototype. */
  readonly dropped: boolean;
}

/** Deeper data is no argument or result that anybody means. */
export const MAX_JSON_DEPTH = 100;

/**
 * Copies anything into plain JSON data: big integers become text, maps and sets objects and lists, bytes a note,
 * dates ISO text, errors their name and message; cycles and too deep values say so. Never throws.
 */
export function toJsonValue(given: unknown): JsonValue {
  const found = { cyclic: false, tooDeep: false, dropped: false };
  const ancestors = new Set<object>();
  return { value: copy(given, 0), ...found };

  function copy(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return value.toWellFormed();
      case 'number':
        return Number.isFinite(value) ? value : String(value);
      case 'bigint':
        return value.toString();
      case 'symbol':
        return String(value);
      case 'function':
      case 'undefined':
        return undefined;
      case 'boolean':
        return value;
      case 'object':
        return value === null ? null : copyObject(value, depth);
    }
  }

  function copyObject(value: object, depth: number): unknown {
    if (ancestors.has(value)) {
      found.cyclic = true;
      return '[circular]';
    }
    if (depth >= MAX_JSON_DEPTH) {
      found.tooDeep = true;
      return '[too deep]';
    }
    ancestors.add(value);
    try {
      return copyParts(value, depth + 1);
    } catch {
      return '[unreadable]';
    } finally {
      ancestors.delete(value);
    }
  }

  function copyParts(value: object, depth: number): unknown {
    if (Array.isArray(value)) return Array.from(value, (item) => copy(item, depth) ?? null);
    if (value instanceof Date)
      return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
      return `[${value.byteLength} bytes]`;
    if (value instanceof Set) return Array.from(value, (item) => copy(item, depth) ?? null);
    if (value instanceof Map) return copyFields(mapFields(value), depth);
    if (value instanceof Error) return { name: value.name, message: value.message };
    if (value instanceof RegExp) return String(value);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return copy(toJSON.call(value), depth);
    return copyFields(Object.entries(value), depth);
  }

  function copyFields(fields: Iterable<readonly [string, unknown]>, depth: number): object {
    const copied: Record<string, unknown> = {};
    for (const [key, field] of fields) {
      if (key === '__proto__') {
        found.dropped = true;
        continue;
      }
      const inner = copy(field, depth);
      if (inner !== undefined) copied[key.toWellFormed()] = inner;
    }
    return copied;
  }
}

function* mapFields(map: ReadonlyMap<unknown, unknown>): Generator<readonly [string, unknown]> {
  for (const [key, value] of map) {
    yield [typeof key === 'object' ? (JSON.stringify(key) ?? '') : String(key), value];
  }
}
