import { Validator } from '@cfworker/json-schema';
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { InvalidOptionsError, type MaybePromise } from '@llmgine/core';

/** A JSON Schema as plain data. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** A Standard Schema that also gives JSON Schema: zod 4 and arktype do, valibot through its adapter. */
export type StandardToolInput<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output> &
  StandardJSONSchemaV1<Input, Output>;

/** What describes a tool's arguments. */
export type ToolInput = StandardToolInput | JsonSchema;

/** The type of the arguments that an input lets through. */
export type ArgumentsOf<Input extends ToolInput> = Input extends StandardSchemaV1
  ? StandardSchemaV1.InferOutput<Input>
  : Readonly<Record<string, unknown>>;

/** A tool's arguments as the manager needs them: what the model is told, and what is checked. */
export interface ToolSchema {
  /** For the model. */
  readonly json: JsonSchema;
  check(value: unknown): MaybePromise<StandardSchemaV1.Result<unknown>>;
}

/**
 * Gives a raw JSON Schema a type, so that the arguments of a tool have it.
 * Values are really validated; the type itself is trusted.
 */
export function jsonSchema<T extends object>(schema: JsonSchema): StandardToolInput<T, T> {
  const check = createJsonSchemaCheck(schema);
  return {
    '~standard': {
      version: 1,
      vendor: 'llmgine-json-schema',
      validate: (value) => check(value) as StandardSchemaV1.Result<T>,
      jsonSchema: { input: () => ({ ...schema }), output: () => ({ ...schema }) },
    },
  };
}

/**
 * Reads a tool's input.
 * @throws InvalidOptionsError when it gives no JSON Schema, or one that is not of an object
 */
export function readToolSchema(toolName: string, input: ToolInput): ToolSchema {
  const json = readJson(toolName, input);
  const problem = rootProblem(json);
  if (problem) throw new InvalidOptionsError(`use the input of tool '${toolName}'`, [problem]);

  return {
    json: { ...json, type: 'object', properties: json['properties'] ?? {} },
    check: isStandard(input) ? standardCheck(input) : createJsonSchemaCheck(json),
  };
}

/** Tells a Standard Schema from a raw JSON Schema. */
function isStandard(input: ToolInput): input is StandardToolInput {
  return '~standard' in input;
}

function readJson(toolName: string, input: ToolInput): JsonSchema {
  if (!isStandard(input)) return structuredClone(input);
  try {
    const { $schema: _, ...schema } = input['~standard'].jsonSchema.input({
      target: 'draft-2020-12',
    });
    return JSON.parse(JSON.stringify(schema)) as JsonSchema; // some libraries hang own, unserialisable parts on it
  } catch (thrown) {
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    throw new InvalidOptionsError(`use the input of tool '${toolName}'`, [
      `it gives no JSON Schema: ${detail}`,
    ]);
  }
}

/** Models are given named parameters, so the root must be an object. */
function rootProblem(schema: JsonSchema): string | undefined {
  const { type, properties } = schema;
  if (type === 'object' || (Array.isArray(type) && type.includes('object'))) return undefined;
  if (type === undefined && (properties !== undefined || hasComposition(schema))) return undefined;
  if (Object.keys(schema).length === 0) return undefined;
  return `its JSON Schema must describe an object of named parameters, not ${JSON.stringify(type)}`;
}

function hasComposition(schema: JsonSchema): boolean {
  return ['anyOf', 'oneOf', 'allOf', '$ref'].some((keyword) => keyword in schema);
}

function standardCheck(input: StandardToolInput): ToolSchema['check'] {
  const standard = input['~standard'];
  return (value) => standard.validate(value);
}

/** Compiled at the first call: most tools of a long list are never called. */
function createJsonSchemaCheck(
  schema: JsonSchema,
): (value: unknown) => StandardSchemaV1.Result<unknown> {
  let validator: Validator | undefined;

  return (value) => {
    // It marks the parts of what it is given, and the schema is frozen once the tools are listed.
    validator ??= new Validator(structuredClone(schema), draftOf(schema), false);
    const { valid, errors } = validator.validate(value);
    return valid ? { value } : { issues: errors.filter(isLeaf).map(toIssue) };
  };

  /** The validator reports every keyword on the way down; what failed at the bottom tells most. */
  function isLeaf({ keyword }: { keyword: string }): boolean {
    return ![
      'properties',
      'items',
      'prefixItems',
      '$ref',
      'allOf',
      'additionalProperties',
    ].includes(keyword);
  }
}

function toIssue({
  instanceLocation,
  error,
}: {
  instanceLocation: string;
  error: string;
}): StandardSchemaV1.Issue {
  const path = instanceLocation
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return { path, message: error.replace(/\.$/, '') };
}

function draftOf({ $schema }: JsonSchema): '4' | '7' | '2019-09' | '2020-12' {
  const named = typeof $schema === 'string' ? $schema : '';
  if (named.includes('draft-04')) return '4';
  if (named.includes('draft-07') || named.includes('draft-06')) return '7';
  return named.includes('2019-09') ? '2019-09' : '2020-12';
}
