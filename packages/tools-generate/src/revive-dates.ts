import ts from 'typescript';
import { isDate } from './check-type.ts';

/** A type holds a `Date` where it cannot be told from other values, so it cannot be made again. */
export class AmbiguousDateError extends Error {}

/**
 * Writes an expression that turns the ISO texts in `expression` into the dates that `type` says; undefined when the
 * type holds none.
 * @throws AmbiguousDateError
 */
export function reviveDates(
  checker: ts.TypeChecker,
  type: ts.Type,
  expression: string,
): string | undefined {
  return new DateRevival(checker).visit(type, expression, []);
}

/** The types that a type stands in, so that one that refers to itself comes to an end. */
type Outer = readonly ts.Type[];

class DateRevival {
  readonly #checker: ts.TypeChecker;

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  visit(type: ts.Type, path: string, outer: Outer): string | undefined {
    if (isDate(type)) return `new Date(${path})`;
    if (!this.#holdsDate(type, [])) return undefined;
    if (outer.includes(type))
      throw new AmbiguousDateError('a Date inside a type that refers to itself');
    const within = [...outer, type];
    if (type.isUnion()) return this.#visitUnion(type.types, path, within);
    if (this.#checker.isTupleType(type)) throw new AmbiguousDateError('a Date inside a tuple');
    if (!this.#checker.isArrayType(type)) return this.#visitObject(type, path, within);
    const [item] = this.#checker.getTypeArguments(type as ts.TypeReference);
    return item && `${path}.map((item) => (${this.visit(item, 'item', within)}))`;
  }

  #visitUnion(parts: readonly ts.Type[], path: string, outer: Outer): string {
    const [some, ...others] = parts.filter((part) => !isNothing(part));
    if (!some || others.length > 0)
      throw new AmbiguousDateError('a Date beside other types in a union');
    return parts
      .filter(isNothing)
      .map(({ flags }) => (flags & ts.TypeFlags.Null ? 'null' : 'undefined'))
      .reduce(
        (rest, nothing) => `${path} === ${nothing} ? ${nothing} : ${rest}`,
        this.visit(some, path, outer) ?? path,
      );
  }

  #visitObject(type: ts.Type, path: string, outer: Outer): string {
    if (this.#checker.getIndexInfosOfType(type).some((info) => this.#holdsDate(info.type, []))) {
      throw new AmbiguousDateError('a Date as a value of a record');
    }
    const dated = this.#checker
      .getPropertiesOfType(type)
      .filter((property) => this.#holdsDate(this.#checker.getTypeOfSymbol(property), []));
    const names = dated.map(({ name }, index) => `${JSON.stringify(name)}: field${index}`);
    const fields = dated.map((property, index) => this.#field(property, `field${index}`, outer));
    // Without the rest, an optional field would still have the type of its text beside that of its date.
    return `(({ ${names.join(', ')}, ...rest }) => ({ ...rest, ${fields.join(', ')} }))(${path})`;
  }

  #field(property: ts.Symbol, path: string, outer: Outer): string {
    const name = JSON.stringify(property.name);
    const type = this.#checker.getTypeOfSymbol(property);
    if ((property.flags & ts.SymbolFlags.Optional) === 0) {
      return `${name}: ${this.visit(type, path, outer)}`;
    }
    const present = type.isUnion() ? type.types.filter((part) => !isUndefined(part)) : [type];
    return `...(${path} !== undefined && { ${name}: ${this.#visitUnion(present, path, outer)} })`;
  }

  #holdsDate(type: ts.Type, outer: Outer): boolean {
    if (isDate(type)) return true;
    if (outer.includes(type)) return false;
    const within = [...outer, type];
    if (type.isUnionOrIntersection())
      return type.types.some((part) => this.#holdsDate(part, within));
    const checker = this.#checker;
    if (checker.isArrayType(type) || checker.isTupleType(type)) {
      return checker
        .getTypeArguments(type as ts.TypeReference)
        .some((part) => this.#holdsDate(part, within));
    }
    if (!(type.flags & ts.TypeFlags.Object)) return false;
    return [
      ...checker.getIndexInfosOfType(type).map((info) => info.type),
      ...checker.getPropertiesOfType(type).map((property) => checker.getTypeOfSymbol(property)),
    ].some((part) => this.#holdsDate(part, within));
  }
}

function isUndefined({ flags }: ts.Type): boolean {
  return (flags & ts.TypeFlags.Undefined) !== 0;
}

function isNothing({ flags }: ts.Type): boolean {
  return (flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) !== 0;
}
