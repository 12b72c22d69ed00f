import ts from 'typescript';
import {
  Context,
  type BaseType,
  type NodeParser,
  type SubNodeParser,
} from 'ts-json-schema-generator';

/** Reads `import('./file').Name`, which stands where the compiler infers a type of another file, too. */
export class ImportTypeParser implements SubNodeParser {
  readonly #checker: ts.TypeChecker;
  readonly #parser: NodeParser;

  /** `parser` reads all other nodes. */
  constructor(checker: ts.TypeChecker, parser: NodeParser) {
    this.#checker = checker;
    this.#parser = parser;
  }

  supportsNode(node: ts.Node): boolean {
    return ts.isImportTypeNode(node) && this.#declarationOf(node) !== undefined;
  }

  createType(node: ts.ImportTypeNode, context: Context): BaseType {
    const inner = new Context(node);
    for (const argument of node.typeArguments ?? []) {
      inner.pushArgument(this.#parser.createType(argument, context));
    }
    return this.#parser.createType(this.#declarationOf(node)!, inner); // as supported
  }

  #declarationOf({ isTypeOf, qualifier }: ts.ImportTypeNode): ts.Declaration | undefined {
    const named = qualifier && this.#checker.getSymbolAtLocation(qualifier);
    if (!named) return undefined;
    const isAlias = (named.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? this.#checker.getAliasedSymbol(named) : named;
    return isTypeOf ? undefined : symbol.declarations?.find(isTypeDeclaration);
  }
}

function isTypeDeclaration(node: ts.Node): boolean {
  return (
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isEnumDeclaration(node) ||
    ts.isEnumMember(node) ||
    ts.isClassDeclaration(node)
  );
}
