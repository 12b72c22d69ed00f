import { partsOf } from './object-parts.ts';

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

/** More items than anybody reads. */
const MAX_ITEMS = 1_000_000;

/**
 * Copies anything into plain JSON data: big integers become text, maps and sets objects and lists, bytes a note,
 * dates ISO text, errors their name and message; cycles and too deep values say so, and what shows nothing of itself
 * is named. Never throws.
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
    const parts = partsOf(value);
    if ('items' in parts) return this.#ofItems(parts.items, depth);
    return 'fields' in parts ? this.#ofFields(parts.fields, depth) : this.of(parts.value, depth);
  }

  /** A list without end, or with nothing in it but its length, would never be done. */
  #ofItems(items: Iterable<unknown>, depth: number): unknown {
    const copied: unknown[] = [];
    for (const item of items) {
      if (copied.length >= MAX_ITEMS) {
        copied.push(`[only the first ${MAX_ITEMS} items]`);
        break;
      }
      copied.push(this.of(item, depth) ?? null);
    }
    return copied;
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
