import { dirname, resolve } from 'node:path';
import ts from 'typescript';
import { GenerateError, type SourceProblem } from './generate-error.ts';

/** A source file with the program round it. */
export interface SourceProgram {
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  readonly source: ts.SourceFile;
  readonly options: ts.CompilerOptions;
}

/**
 * Reads a file with the compiler options of the nearest tsconfig.json; `appended` is added to its text.
 * @throws GenerateError when it does not exist or is no TypeScript
 */
export function openSource(file: string, appended = ''): SourceProgram {
  const options = readCompilerOptions(file);
  const host = ts.createCompilerHost(options, true); // doc comments are found through parents
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (name, version, ...rest) =>
    name === file && appended !== ''
      ? ts.createSourceFile(name, (host.readFile(name) ?? '') + appended, version, true)
      : readSource(name, version, ...rest);
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file);
  if (!source) {
    throw new GenerateError([{ file, line: 1, column: 1, message: 'there is no such file' }]);
  }
  const broken = program.getSyntacticDiagnostics(source);
  if (broken.length > 0) throw new GenerateError(broken.map((one) => toProblem(file, source, one)));
  return { program, checker: program.getTypeChecker(), source, options };
}

function readCompilerOptions(file: string): ts.CompilerOptions {
  const config = ts.findConfigFile(dirname(file), ts.sys.fileExists.bind(ts.sys));
  return {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    ...(config && optionsFor(file, config)),
    strict: true, // optional and null must be told from the rest
    noEmit: true,
    composite: false,
    skipLibCheck: true,
  };
}

/** A config that only refers to others says nothing about the file itself. */
function optionsFor(file: string, config: string): ts.CompilerOptions {
  const read = (path: string): ts.ParsedCommandLine =>
    ts.parseJsonConfigFileContent(
      ts.readConfigFile(path, ts.sys.readFile.bind(ts.sys)).config ?? {},
      ts.sys,
      dirname(path),
    );
  const own = read(config);
  const covers = ({ fileNames }: ts.ParsedCommandLine): boolean =>
    fileNames.some((name) => resolve(name) === resolve(file));
  const referred = (own.projectReferences ?? []).map((reference) =>
    read(ts.resolveProjectReferencePath(reference)),
  );
  return [own, ...referred].find(covers)?.options ?? own.options;
}

function toProblem(
  file: string,
  source: ts.SourceFile,
  { start, messageText }: ts.Diagnostic,
): SourceProblem {
  const { line, character } = source.getLineAndCharacterOfPosition(start ?? 0);
  const message = ts.flattenDiagnosticMessageText(messageText, ' ');
  return { file, line: line + 1, column: character + 1, message };
}

/** Says where in its file something stands. */
export function problemAt(node: ts.Node, message: string): SourceProblem {
  const source = node.getSourceFile();
  const { line, character } = source.getLineAndCharacterOfPosition(node.getStart());
  return { file: source.fileName, line: line + 1, column: character + 1, message };
}
