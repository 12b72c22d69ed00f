import type { JsonSchema } from '../tool-schema.ts';

/** Chains of references beyond this length go in circles. */
const MAX_REFERENCES = 16;

/** Follows `$ref`s within the root schema; undefined for anything that is no schema object. */
export function resolveSchema(schema: unknown, root: JsonSchema): JsonSchema | undefined {
  let current = schema;
  for (let step = 0; step < MAX_REFERENCES; step++) {
    if (!isRecord(current)) return undefined;
    const { $ref } = current;
    if (typeof $ref !== 'string') return current;
    current = lookUp($ref, root);
  }
  return undefined;
}

function lookUp(reference: string, root: JsonSchema): unknown {
  if (!reference.startsWith('#')) return undefined;
  let current: unknown = root;
  for (const part of reference.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    current = isRecord(current) && Object.hasOwn(current, key) ? current[key] : undefined;
  }
  return current;
}

/** Tells whether the schema's `type` lets a value through; without `type` everything. */
export function allowsType({ type }: JsonSchema, value: unknown): boolean {
  if (type === undefined) return true;
  return (Array.isArray(type) ? type : [type]).some((name) => isOfType(value, name));
}

/** Tells whether a value has the form of a schema as far as one level shows: its type, constants and required keys. */
export function matchesShallowly(value: unknown, unresolved: unknown, root: JsonSchema): boolean {
  const schema = resolveSchema(unresolved, root);
  if (!schema) return unresolved !== false;
  if (!allowsType(schema, value) || !allowsConstant(schema, value)) return false;
  const branches = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(branches) && !branches.some((branch) => matchesShallowly(value, branch, root)))
    return false;
  return !isRecord(value) || hasKeys(value, schema, root);
}

function allowsConstant(schema: JsonSchema, value: unknown): boolean {
  if ('const' in schema && typeof schema['const'] !== 'object' && schema['const'] !== value)
    return false;
  const members = schema['enum'];
  return !Array.isArray(members) || typeof value === 'object' || members.includes(value);
}

function hasKeys(
  value: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
  root: JsonSchema,
): boolean {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  if (!required.every((key) => Object.hasOwn(value, String(key)))) return false;
  const properties = isRecord(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties).every(([key, property]) => {
    const resolved = resolveSchema(property, root);
    return !resolved || !Object.hasOwn(value, key) || allowsConstant(resolved, value[key]);
  });
}

/** A plain object, as JSON has it. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOfType(value: unknown, type: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isRecord(value);
    default:
      return typeof value === type;
  }
}
