import type { JsonSchema } from './to-schema.ts';

/** Writes the TypeScript type of the values that a schema lets through; `scope` stands before the names of its `$defs`. */
export function printType(schema: unknown, scope: string): string {
  if (typeof schema !== 'object' || schema === null) return schema === false ? 'never' : 'unknown';
  const { $ref, anyOf, oneOf, allOf, type, ...rest } = schema as JsonSchema;
  if (typeof $ref === 'string') return `${scope}${$ref.replace('#/$defs/', '')}`;
  if ('const' in rest) return JSON.stringify(rest['const']);
  if (Array.isArray(rest['enum']))
    return union(rest['enum'].map((member) => JSON.stringify(member)));
  const branches = anyOf ?? oneOf;
  if (Array.isArray(branches)) return union(branches.map((branch) => printType(branch, scope)));
  if (Array.isArray(allOf)) return allOf.map((part) => `(${printType(part, scope)})`).join(' & ');
  if (Array.isArray(type))
    return union(type.map((each) => printType({ ...rest, type: each }, scope)));
  return printPlain(type, rest, scope);
}

function printPlain(type: unknown, schema: JsonSchema, scope: string): string {
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return printArray(schema, scope);
    case 'object':
      return printObject(schema, scope);
    default:
      return 'unknown';
  }
}

/** The longest list of equal parts that is written as a tuple. */
const MAX_TUPLE = 16;

function printArray(schema: JsonSchema, scope: string): string {
  const { prefixItems, items, minItems, maxItems } = schema;
  if (
    typeof minItems === 'number' &&
    minItems === maxItems &&
    minItems <= MAX_TUPLE &&
    !prefixItems
  ) {
    return printArray({ prefixItems: Array.from({ length: minItems }, () => items) }, scope);
  }
  if (!Array.isArray(prefixItems)) return `(${printType(items, scope)})[]`;
  const needed = typeof minItems === 'number' ? minItems : prefixItems.length;
  const parts = prefixItems.map(
    (item, index) => `(${printType(item, scope)})${index < needed ? '' : '?'}`,
  );
  const rest = items === undefined || items === false ? [] : [`...(${printType(items, scope)})[]`];
  return `[${[...parts, ...rest].join(', ')}]`;
}

function printObject(
  { properties, required, additionalProperties }: JsonSchema,
  scope: string,
): string {
  const needed = Array.isArray(required) ? required : [];
  const known = Object.entries((properties ?? {}) as JsonSchema);
  const fields = known.map(
    ([name, field]) =>
      `${JSON.stringify(name)}${needed.includes(name) ? '' : '?'}: ${printType(field, scope)};`,
  );
  const isOpen = additionalProperties !== undefined && additionalProperties !== false;
  if (isOpen && known.length === 0)
    return `{ [name: string]: ${printType(additionalProperties, scope)} }`;
  return `{ ${fields.join(' ')}${isOpen ? ' [name: string]: unknown;' : ''} }`;
}

function union(parts: readonly string[]): string {
  return [...new Set(parts)].join(' | ');
}
