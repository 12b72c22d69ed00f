import type { JsonSchema } from '../tool-schema.ts';
import { MAX_JSON_DEPTH, toJsonValue } from './json-value.ts';
import { allowsType, isRecord, matchesShallowly, resolveSchema } from './schema-shape.ts';

/** A value brought nearer to its schema, and how. */
export interface Coerced {
  readonly value: unknown;
  readonly repairs: readonly string[];
}

/**
 * Turns values into what their schema says when that loses nothing: `"3"` to 3, `"true"` to true, a single value to a
 * list, JSON text to what it holds, null to absence. What does not fit is left for validation to refuse.
 */
export function coerce(given: unknown, root: JsonSchema): Coerced {
  const coercion = new Coercion(root);
  return { value: coercion.visit(given, root, []), repairs: coercion.repairs };
}

/** Where in the arguments a value stands. */
type Path = readonly string[];

class Coercion {
  readonly repairs: string[] = [];
  readonly #root: JsonSchema;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  visit(value: unknown, unresolved: unknown, path: Path): unknown {
    if (path.length > MAX_JSON_DEPTH) return value;
    const schema = resolveSchema(unresolved, this.#root);
    if (!schema) return value;
    const chosen = this.#chooseBranch(value, schema, path);
    return this.#coerceParts(this.#coerceSelf(chosen, schema, path), schema, path);
  }

  /** Takes the branch that fits, or else the first that the value can be made to fit; all of `allOf`. */
  #chooseBranch(value: unknown, schema: JsonSchema, path: Path): unknown {
    let current = value;
    for (const part of listOf(schema['allOf'])) current = this.visit(current, part, path);
    const branches = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])];
    if (branches.length === 0) return current;

    const fitting = branches.find((branch) => matchesShallowly(current, branch, this.#root));
    if (fitting !== undefined) return this.visit(current, fitting, path);
    const before = this.repairs.length;
    for (const branch of branches) {
      const candidate = this.visit(current, branch, path);
      if (matchesShallowly(candidate, branch, this.#root)) return candidate;
      this.repairs.length = before;
    }
    return current;
  }

  #coerceSelf(value: unknown, schema: JsonSchema, path: Path): unknown {
    const fits =
      schema['type'] === undefined ? !Array.isArray(schema['enum']) : allowsType(schema, value);
    if (fits) return value;
    for (const [label, attempt] of attempts) {
      const coerced = attempt(value, schema);
      if (coerced === undefined) continue;
      this.#name(path, label);
      return coerced;
    }
    return value;
  }

  #coerceParts(value: unknown, schema: JsonSchema, path: Path): unknown {
    if (isRecord(value)) return this.#coerceFields(value, schema, path);
    if (!Array.isArray(value)) return value;
    const first = listOf(schema['prefixItems']);
    return copyOnChange(value, (item, index) =>
      this.visit(item, first[index] ?? schema['items'], [...path, String(index)]),
    );
  }

  #coerceFields(value: Readonly<Record<string, unknown>>, schema: JsonSchema, path: Path): unknown {
    const properties = isRecord(schema['properties']) ? schema['properties'] : {};
    const required = listOf(schema['required']);
    const fields: [string, unknown][] = [];
    let changed = false;
    for (const [key, field] of Object.entries(value)) {
      const inner = Object.hasOwn(properties, key)
        ? properties[key]
        : schema['additionalProperties'];
      const within = [...path, key];
      if (field === null && inner && !required.includes(key) && !this.#allowsNull(inner)) {
        this.#name(within, 'null left out');
        changed = true;
        continue;
      }
      const coerced = this.visit(field, inner, within);
      changed ||= coerced !== field;
      fields.push([key, coerced]);
    }
    return changed ? Object.fromEntries(fields) : value;
  }

  #allowsNull(schema: unknown): boolean {
    return matchesShallowly(null, schema, this.#root);
  }

  #name(path: Path, repair: string): void {
    this.repairs.push(`${path.join('.') || 'arguments'}: ${repair}`);
  }
}

/** How values can be made to fit, in the order of trying. Each gives undefined when it does not apply. */
const attempts: readonly (readonly [string, (value: unknown, schema: JsonSchema) => unknown])[] = [
  ['text to member of the enum', textToMember],
  ['text to integer', (value, schema) => textToNumber(value, schema, 'integer')],
  ['text to number', (value, schema) => textToNumber(value, schema, 'number')],
  ['text to boolean', textToBoolean],
  ['JSON text to what it holds', jsonTextToValue],
  ['single value to list', valueToList],
];

const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

function textToMember(value: unknown, schema: JsonSchema): unknown {
  if (typeof value !== 'string') return undefined;
  const members = listOf(schema['enum']);
  if (members.includes(value)) return undefined;
  return members.find(
    (member) =>
      (typeof member === 'number' || typeof member === 'boolean') && String(member) === value,
  );
}

/** Numbers that a double cannot hold exactly are left, since coercing would change them. */
function textToNumber(value: unknown, schema: JsonSchema, type: 'integer' | 'number'): unknown {
  if (typeof value !== 'string' || !names(schema, type)) return undefined;
  const text = value.trim();
  if (text.length > 32 || !numberPattern.test(text)) return undefined;
  const number = Number(text);
  if (!Number.isFinite(number)) return undefined;
  if (Number.isInteger(number) && !Number.isSafeInteger(number)) return undefined;
  return type === 'integer' && !Number.isInteger(number) ? undefined : number;
}

function textToBoolean(value: unknown, schema: JsonSchema): unknown {
  if (typeof value !== 'string' || !names(schema, 'boolean')) return undefined;
  const text = value.trim().toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : undefined;
}

/** What text holds is read as warily as the arguments themselves. */
function jsonTextToValue(value: unknown, schema: JsonSchema): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return undefined;
  try {
    const { value: parsed, tooDeep, dropped } = toJsonValue(JSON.parse(value));
    return !tooDeep && !dropped && allowsType(schema, parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function valueToList(value: unknown, schema: JsonSchema): unknown {
  return value !== null && value !== undefined && names(schema, 'array') ? [value] : undefined;
}

function names(schema: JsonSchema, type: string): boolean {
  return schema['type'] === type || listOf(schema['type']).includes(type);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function copyOnChange(
  list: readonly unknown[],
  change: (item: unknown, index: number) => unknown,
): readonly unknown[] {
  const copied = list.map(change);
  return copied.every((item, index) => item === list[index]) ? list : copied;
}
