import ts from 'typescript';

/** What a type holds that no model can give, and where in it; undefined when it is fine. */
export function unsupportedIn(program: ts.Program, type: ts.Type): string | undefined {
  return new TypeCheck(program).visit(type, '');
}

class TypeCheck {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  readonly #seen = new Set<ts.Type>();

  constructor(program: ts.Program) {
    this.#program = program;
    this.#checker = program.getTypeChecker();
  }

  visit(type: ts.Type, path: string): string | undefined {
    if (this.#seen.has(type)) return undefined;
    this.#seen.add(type);
    const own = this.#unsupportedItself(type);
    if (own) return path === '' ? own : `${own} at '${path}'`;
    if (isBrand(type)) return undefined;
    if (type.isUnionOrIntersection()) return first(type.types, (part) => this.visit(part, path));
    if (this.#isList(type)) {
      const items = this.#checker.getTypeArguments(type as ts.TypeReference);
      return first(items, (item) => this.visit(item, `${path}[]`));
    }
    if (isDate(type) || !(type.flags & ts.TypeFlags.Object)) return undefined;
    return this.#visitFields(type, path);
  }

  #visitFields(type: ts.Type, path: string): string | undefined {
    const checker = this.#checker;
    return (
      first(checker.getIndexInfosOfType(type), (info) => this.visit(info.type, `${path}.*`)) ??
      first(checker.getPropertiesOfType(type), (property) =>
        this.visit(
          checker.getTypeOfSymbol(property),
          path === '' ? property.name : `${path}.${property.name}`,
        ),
      )
    );
  }

  #unsupportedItself(type: ts.Type): string | undefined {
    const { flags } = type;
    if (flags & ts.TypeFlags.Any) return 'any, which says nothing to a model; give it a type';
    if (flags & ts.TypeFlags.BigIntLike)
      return 'bigint, which JSON does not have; use number or string';
    if (flags & ts.TypeFlags.ESSymbolLike) return 'a symbol, which JSON does not have';
    if (flags & ts.TypeFlags.Never) return 'never, which no value has';
    if (flags & ts.TypeFlags.StringMapping)
      return 'a text in a fixed case such as Uppercase<string>, which JSON Schema cannot say; use string';
    if (flags & ts.TypeFlags.TypeParameter) return 'a type parameter, which is not known';
    if (type.getCallSignatures().length > 0) return 'a function, which a model cannot give';
    if (type.getConstructSignatures().length > 0) return 'a class, which a model cannot give';
    return this.#isLibraryObject(type)
      ? `a ${type.symbol.name}, which JSON does not have`
      : undefined;
  }

  #isLibraryObject(type: ts.Type): boolean {
    if (this.#isList(type) || isDate(type)) return false;
    const { symbol } = type as { symbol?: ts.Symbol };
    if (!symbol || !(symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)))
      return false;
    const declarations = symbol.declarations ?? [];
    return declarations.some((one) =>
      this.#program.isSourceFileDefaultLibrary(one.getSourceFile()),
    );
  }

  #isList(type: ts.Type): boolean {
    return this.#checker.isArrayType(type) || this.#checker.isTupleType(type);
  }
}

/** Tells whether a type is the library's `Date`. */
export function isDate(type: ts.Type): boolean {
  const { symbol } = type as { symbol?: ts.Symbol };
  return symbol?.name === 'Date' && (symbol.flags & ts.SymbolFlags.Interface) !== 0;
}

/** `string & { readonly __brand: … }`: a plain value with a mark that nobody sees. */
export function isBrand(type: ts.Type): boolean {
  return type.isIntersection() && type.types.some(({ flags }) => (flags & PLAIN) !== 0);
}

const PLAIN: ts.TypeFlags =
  ts.TypeFlags.StringLike | ts.TypeFlags.NumberLike | ts.TypeFlags.BooleanLike;

function first<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
