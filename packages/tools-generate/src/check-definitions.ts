import { basename } from 'node:path';
import ts from 'typescript';
import type { SourceProblem } from './generate-error.ts';
import { printArgumentTypes, type PrintedFunction } from './print-tools.ts';
import { problemAt, type SourceProgram } from './source-program.ts';

/**
 * Has the compiler check that each function takes what its schema lets through, so that a type that no schema can say
 * is told of where it stands and not where its definition would.
 */
export function definitionProblems(
  { program, options, source }: SourceProgram,
  functions: readonly PrintedFunction[],
): readonly SourceProblem[] {
  const file = `${source.fileName}.llmgine-check.ts`;
  const calls = functions.map(callText);
  const imports = `import { ${functions.map(({ name }) => name).join(', ')} } from './${basename(source.fileName)}';\n`;
  const checked = programOf(program, { file, text: imports + calls.join(''), options });
  const ends = endsOf(imports.length, calls);
  const seen = new Set<number>();

  return checked.getSemanticDiagnostics(checked.getSourceFile(file)).flatMap((diagnostic) => {
    const index = ends.findIndex((end) => (diagnostic.start ?? 0) < end);
    const each = functions[index];
    if (!each || seen.has(index)) return [];
    seen.add(index);
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
    const told = `function '${each.name}' takes what no schema can say: ${message}`;
    return [problemAt(each.node, told)];
  });
}

function callText(each: PrintedFunction, index: number): string {
  const { name, callArguments } = each;
  const types = printArgumentTypes(each);
  return `${types.text}\nexport const call${index} = (args: ${types.name}): unknown => ${name}(${callArguments.join(', ')});\n`;
}

/** Where the text of each call ends. */
function endsOf(start: number, texts: readonly string[]): readonly number[] {
  let end = start;
  return texts.map((text) => (end += text.length));
}

/** A program of one file that does not exist; what is parsed already is not parsed again. */
function programOf(
  known: ts.Program,
  { file, text, options }: { file: string; text: string; options: ts.CompilerOptions },
): ts.Program {
  const checkOptions: ts.CompilerOptions = {
    ...options,
    allowImportingTsExtensions: true,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  const host = ts.createCompilerHost(checkOptions, true);
  const fileExists = host.fileExists.bind(host);
  host.fileExists = (name) => name === file || fileExists(name);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version, ...rest) =>
    name === file
      ? ts.createSourceFile(name, text, version, true)
      : (known.getSourceFile(name) ?? readSource(name, version, ...rest));
  return ts.createProgram([file], checkOptions, host);
}
