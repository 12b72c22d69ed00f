import {
  createFormatter,
  createParser,
  DEFAULT_CONFIG,
  SchemaGenerator,
  type CompletedConfig,
  type NodeParser,
} from 'ts-json-schema-generator';
import type ts from 'typescript';
import { ImportTypeParser } from './import-type-parser.ts';
import { problemAt, openSource } from './source-program.ts';
import { GenerateError } from './generate-error.ts';
import type { ToolFunction } from './read-functions.ts';

/** A JSON Schema of the current draft, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const config: CompletedConfig = {
  ...DEFAULT_CONFIG,
  expose: 'none',
  jsDoc: 'extended',
  topRef: false,
  sortProps: false,
  functions: 'fail',
};

/**
 * Gives the schemas of the functions' arguments, in order. The types are read where they are written: the arguments
 * become an interface at the end of the source.
 * @throws GenerateError
 */
export function toSchemas(file: string, functions: readonly ToolFunction[]): readonly JsonSchema[] {
  // The empty statement takes a doc comment that stands last in the file, which would else describe the first arguments.
  const { program } = openSource(file, `\n;${functions.map(declareArguments).join('')}`);
  const parser: NodeParser = createParser(program, config, (known) => {
    const all: NodeParser = { createType: (...given) => parser.createType(...given) };
    known.addNodeParser(new ImportTypeParser(program.getTypeChecker(), all));
  });
  const generator = new SchemaGenerator(program, parser, createFormatter(config), config);

  return functions.map((each, index) => {
    try {
      const schema = generator.createSchema(argumentsName(each, index)) as JsonSchema;
      return describeParameters(toCurrentDraft(schema), each);
    } catch (thrown) {
      const part = partOf(program, thrown);
      const where = part === undefined ? '' : ` because of '${part}'`;
      const types = each.parameters.map(({ name, typeText }) => `${name}: ${typeText}`).join(', ');
      const told = `function '${each.name}' has parameters that cannot become a schema${where}; write their types out: ${types}`;
      throw new GenerateError([problemAt(each.node, told)]);
    }
  });
}

/** What the library could not read, where somebody wrote it for this: not inside TypeScript's own types. */
function partOf(program: ts.Program, thrown: unknown): string | undefined {
  const { diagnostic } = (thrown ?? {}) as { diagnostic?: ts.Diagnostic };
  const { file, start, length } = diagnostic ?? {};
  if (!file || start === undefined || !length) return undefined;
  if (program.isSourceFileDefaultLibrary(file)) return undefined;
  return file.text.slice(start, start + length).replaceAll(/\s+/g, ' ');
}

function argumentsName({ name }: ToolFunction, index: number): string {
  return `LlmgineArguments${index}_${name}`;
}

function declareArguments(each: ToolFunction, index: number): string {
  const name = argumentsName(each, index);
  if (each.takesObject) return `\nexport type ${name} = ${each.parameters[0]?.typeText ?? '{}'};`;
  const fields = each.parameters.map(
    ({ name: field, optional, typeText }) => `${field}${optional ? '?' : ''}: ${typeText};`,
  );
  return `\nexport interface ${name} { ${fields.join(' ')} }`;
}

function describeParameters(
  schema: JsonSchema,
  { parameters, takesObject }: ToolFunction,
): JsonSchema {
  const properties: Record<string, unknown> = {
    ...(schema['properties'] as JsonSchema | undefined),
  };
  if (takesObject) {
    const [object] = parameters;
    for (const [name, defaultValue] of object?.fieldDefaults ?? []) {
      if (defaultValue === undefined || !Object.hasOwn(properties, name)) continue;
      properties[name] = { ...(properties[name] as JsonSchema), default: defaultValue };
    }
    return { ...schema, properties };
  }
  for (const { name, description, defaultValue } of parameters) {
    properties[name] = {
      ...(properties[name] as JsonSchema),
      ...(description !== undefined && { description }),
      ...(defaultValue !== undefined && { default: defaultValue }),
    };
  }
  return { ...schema, properties };
}

/** The library writes draft 7; models and validators of today read 2020-12. Unnamed types get short names. */
function toCurrentDraft({ $schema: _schema, definitions = {}, ...root }: JsonSchema): JsonSchema {
  const names = new Map(
    Object.keys(definitions as JsonSchema).map((name, index) => [name, `Type${index + 1}`]),
  );
  const converted = convert(root) as JsonSchema;
  if (names.size === 0) return converted;
  const $defs = Object.entries(definitions as JsonSchema).map(([name, schema]) => [
    names.get(name),
    convert(schema),
  ]);
  return { ...converted, $defs: Object.fromEntries($defs) as JsonSchema };

  function convert(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(convert);
    if (typeof value !== 'object' || value === null) return value;
    const fields = Object.entries(value).flatMap(([key, inner]) => convertField(key, inner));
    return Object.fromEntries(fields);
  }

  function convertField(key: string, inner: unknown): [string, unknown][] {
    if (key === '$ref' && typeof inner === 'string') {
      const name = decodeURIComponent(inner.replace('#/definitions/', ''));
      return [[key, `#/$defs/${names.get(name) ?? name}`]];
    }
    if (key === 'items' && Array.isArray(inner)) return [['prefixItems', convert(inner)]];
    if (key === 'additionalItems') return [['items', convert(inner)]];
    return [[key, convert(inner)]];
  }
}
