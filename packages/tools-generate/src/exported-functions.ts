import ts from 'typescript';
import type { SourceProblem } from './generate-error.ts';
import { problemAt, type SourceProgram } from './source-program.ts';

/** A function under the name by which it is exported. */
export interface ExportedFunction {
  readonly name: string;
  readonly node: ts.SignatureDeclaration;
  /** What carries its doc comment. */
  readonly documented: ts.Node;
}

/** What a file exports that can be called. */
export interface ExportedFunctions {
  readonly found: readonly ExportedFunction[];
  readonly problems: readonly SourceProblem[];
}

/** Finds the functions that a file exports, in whatever way; `@ignore` and `@internal` leave one out. */
export function exportedFunctions(opened: SourceProgram): ExportedFunctions {
  const found: ExportedFunction[] = [];
  const problems: SourceProblem[] = [];
  for (const symbol of exportsInOrder(opened)) {
    const read = readExport(opened, symbol);
    if (read === undefined) continue;
    if ('message' in read) problems.push(read);
    else found.push(read);
  }
  return { found, problems };
}

function exportsInOrder({ checker, source }: SourceProgram): readonly ts.Symbol[] {
  const module = checker.getSymbolAtLocation(source);
  const symbols = module ? checker.getExportsOfModule(module) : [];
  const placeOf = (symbol: ts.Symbol): number => exportNode(symbol, source).getStart(source);
  return symbols.toSorted((one, other) => placeOf(one) - placeOf(other));
}

/** Where the file itself says that it exports something; what came by `export *` is said at its beginning. */
function exportNode(symbol: ts.Symbol, source: ts.SourceFile): ts.Node {
  const own = symbol.declarations?.find((node) => node.getSourceFile() === source);
  return own ?? source.statements.find(isStarExport) ?? source;
}

function isStarExport(statement: ts.Statement): boolean {
  return ts.isExportDeclaration(statement) && !statement.exportClause;
}

function readExport(
  { checker, source }: SourceProgram,
  symbol: ts.Symbol,
): ExportedFunction | SourceProblem | undefined {
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const target = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  const declaration = target.valueDeclaration;
  const { name } = symbol;
  if (!declaration || !isCallable(checker, target, declaration) || isLeftOut(declaration))
    return undefined;
  const problem = (message: string): SourceProblem =>
    problemAt(exportNode(symbol, source), `function '${name}' ${message}`);

  if (declaration.getSourceFile() !== source) {
    return problem('is written in another file; make its tool from that file, or mark it @ignore');
  }
  if (name === 'default') return problem('is the default export; export it by its name');
  const node = functionOf(target.declarations ?? []);
  if (!node) {
    return problem(
      'is not written as a function where it is exported; write it as one, or mark it @ignore',
    );
  }
  return { name, node, documented: documentedOf(node) };
}

function isLeftOut(declaration: ts.Declaration): boolean {
  const tags = ts.getJSDocTags(documentedOf(declaration));
  return tags.some(({ tagName }) => ['ignore', 'internal'].includes(tagName.text));
}

function isCallable(
  checker: ts.TypeChecker,
  symbol: ts.Symbol,
  declaration: ts.Declaration,
): boolean {
  const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
  return type.getCallSignatures().length > 0;
}

/** The one with a body, where there are overloads. */
function functionOf(declarations: readonly ts.Declaration[]): ts.SignatureDeclaration | undefined {
  for (const declaration of declarations) {
    if (ts.isFunctionDeclaration(declaration) && declaration.body) return declaration;
    if (!ts.isVariableDeclaration(declaration) || !declaration.initializer) continue;
    const { initializer } = declaration;
    if (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer)) return initializer;
  }
  return undefined;
}

/** The doc comment of a constant stands before its whole statement. */
function documentedOf(node: ts.Node): ts.Node {
  const declaration = ts.isVariableDeclaration(node) ? node : node.parent;
  return ts.isVariableDeclaration(declaration) && ts.isVariableStatement(declaration.parent.parent)
    ? declaration.parent.parent
    : node;
}
