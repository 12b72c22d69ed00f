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
    `import { defineTool, jsonSchema } from '@llmgine/tools';`,
    `import { ${names.join(', ')} } from '${source}';`,
  ];
  const footer = [
    `/** All tools of this file, for \`registerTool\`. */`,
    `export const tools = [${names.map(toolConstant).join(', ')}] as const;`,
    '',
  ];
  return [header.join('\n'), ...functions.map(printFunction), footer.join('\n')].join('\n\n');
}

function printFunction(each: PrintedFunction): string {
  const { name, toolName, description, effect, timeoutMs, exclusive, schema, callArguments } = each;
  const typeName = `${name.charAt(0).toUpperCase()}${name.slice(1)}Arguments`;
  const definitions = Object.entries((schema['$defs'] ?? {}) as JsonSchema);
  const fields = [
    `name: ${JSON.stringify(toolName)}`,
    `description: ${JSON.stringify(description)}`,
    ...(effect === undefined ? [] : [`effect: ${JSON.stringify(effect)}`]),
    ...(timeoutMs === undefined ? [] : [`timeoutMs: ${timeoutMs}`]),
    ...(exclusive === undefined ? [] : [`exclusive: ${JSON.stringify(exclusive)}`]),
    `input: jsonSchema<${typeName}>(${indent(JSON.stringify(schema, undefined, 2))})`,
    `execute: (${callArguments.length > 0 ? 'args' : ''}) => ${name}(${callArguments.join(', ')})`,
  ];
  return [
    ...definitions.map(
      ([key, definition]) => `type ${typeName}${key} = ${printType(definition, typeName)};`,
    ),
    `type ${typeName} = ${printType(schema, typeName)};`,
    `/** The tool of \`${name}\`. @public */\nexport const ${toolConstant(name)} = defineTool({\n  ${fields.join(',\n  ')},\n});`,
  ].join('\n\n');
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
