import { dirname, relative } from 'node:path';
import type ts from 'typescript';
import { printType } from './print-type.ts';
import type { ToolFunction } from './read-functions.ts';
import type { JsonSchema } from './to-schema.ts';

/** A function with all that its definition needs. */
export interface PrintedFunction extends ToolFunction {
  readonly schema: JsonSchema;
  /** What the function is called with, as source text. */
  readonly callArguments: readonly string[];
}

/** Where a file of definitions stands. */
export interface PrintPlace {
  readonly file: string;
  readonly out: string;
  readonly options: ts.CompilerOptions;
}

/** Writes the file of tool definitions. */
export function printTools(functions: readonly PrintedFunction[], place: PrintPlace): string {
  const source = specifierOf(place);
  const names = functions.map(({ name }) => name);
  const header = [
    `// Made by \`llmgine-tools generate\` from ${source}. Do not edit: change the functions and run it again.`,
    `/* eslint-disable */`,
    `import { defineTool, jsonSchema, type StandardToolInput, type Tool } from '@llmgine/tools';`,
    `import { ${names.join(', ')} } from '${source}';`,
  ];
  const footer = [
    `/** All tools of this file, for \`registerTool\`. */`,
    `export const tools: readonly [${names.map((name) => `typeof ${toolConstant(name)}`).join(', ')}] = [${names.map(toolConstant).join(', ')}];`,
    '',
  ];
  return [header.join('\n'), ...functions.map(printFunction), footer.join('\n')].join('\n\n');
}

function printFunction(each: PrintedFunction): string {
  const { name, toolName, description, effect, timeoutMs, exclusive, schema, callArguments } = each;
  const { name: typeName, text: types } = printArgumentTypes(each);
  const fields = [
    `name: ${JSON.stringify(toolName)}`,
    `description: ${JSON.stringify(description)}`,
    ...(effect === undefined ? [] : [`effect: ${JSON.stringify(effect)}`]),
    ...(timeoutMs === undefined ? [] : [`timeoutMs: ${timeoutMs}`]),
    ...(exclusive === undefined ? [] : [`exclusive: ${JSON.stringify(exclusive)}`]),
    `input: jsonSchema<${typeName}>(${indent(JSON.stringify(schema, undefined, 2))})`,
    `execute: (${callArguments.length > 0 ? 'args' : ''}) => ${name}(${callArguments.join(', ')})`,
  ];
  // Its type is written out, since its parts may be of types that only the functions' file can name.
  const type = `Tool<StandardToolInput<${typeName}>, Awaited<ReturnType<typeof ${name}>>>`;
  return [
    types,
    `/** The tool of \`${name}\`. @public */\nexport const ${toolConstant(name)}: ${type} = defineTool({\n  ${fields.join(',\n  ')},\n});`,
  ].join('\n\n');
}

/** Writes the type of a function's arguments, as its schema lets them through. */
export function printArgumentTypes({ name, schema }: PrintedFunction): {
  readonly name: string;
  readonly text: string;
} {
  const typeName = `${name.charAt(0).toUpperCase()}${name.slice(1)}Arguments`;
  const definitions = Object.entries((schema['$defs'] ?? {}) as JsonSchema).map(
    ([key, definition]) => `type ${typeName}${key} = ${printType(definition, typeName)};`,
  );
  const own = `type ${typeName} = ${printType(schema, typeName)};`;
  return { name: typeName, text: [...definitions, own].join('\n\n') };
}

function toolConstant(name: string): string {
  return `${name}Tool`;
}

function indent(text: string): string {
  return text.replaceAll('\n', '\n  ');
}

function specifierOf({ file, out, options }: PrintPlace): string {
  const path = relative(dirname(out), file).replaceAll('\\', '/');
  const keepsExtension =
    options.allowImportingTsExtensions ?? options.rewriteRelativeImportExtensions ?? false;
  const named = keepsExtension ? path : path.replace(/\.([cm]?)tsx?$/, '.$1js');
  return named.startsWith('.') ? named : `./${named}`;
}
