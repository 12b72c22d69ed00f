import ts from 'typescript';
import type { JsonSchema } from './to-schema.ts';

/** A type holds a template of texts where its pattern has no place. */
export class MisplacedTemplateError extends Error {}

/**
 * Adds to a schema the patterns of the template literal types in its type: a text, or one in lists and fields.
 * @throws MisplacedTemplateError
 */
export function addPatterns(checker: ts.TypeChecker, type: ts.Type, schema: unknown): unknown {
  return new TextPatterns(checker).visit(type, schema, []);
}

type Outer = readonly ts.Type[];

class TextPatterns {
  readonly #checker: ts.TypeChecker;

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  visit(type: ts.Type, schema: unknown, outer: Outer): unknown {
    if (!this.#holds(type, [])) return schema;
    if (outer.includes(type) || typeof schema !== 'object' || schema === null || '$ref' in schema) {
      throw new MisplacedTemplateError('a template literal type inside a type that is named');
    }
    const within = [...outer, type];
    if (isTemplate(type)) return { ...schema, pattern: patternOf(type) };
    if (type.isUnion()) return this.#visitUnion(type, schema, within);
    const checker = this.#checker;
    if (checker.isArrayType(type)) {
      const [item] = checker.getTypeArguments(type as ts.TypeReference);
      const { items } = schema as JsonSchema;
      return { ...schema, items: item ? this.visit(item, items, within) : items };
    }
    return this.#visitFields(type, schema, within);
  }

  #visitUnion(type: ts.UnionType, schema: object, outer: Outer): unknown {
    const [some, ...others] = type.types.filter((part) => !isNothing(part));
    if (!some || others.length > 0) {
      throw new MisplacedTemplateError('a template literal type beside other types in a union');
    }
    return this.visit(some, schema, outer);
  }

  #visitFields(type: ts.Type, schema: object, outer: Outer): unknown {
    const { properties } = schema as { readonly properties?: JsonSchema };
    if (!properties || this.#checker.getIndexInfosOfType(type).length > 0) {
      throw new MisplacedTemplateError('a template literal type in a record or a tuple');
    }
    const fields = this.#checker
      .getPropertiesOfType(type)
      .map((property) => [
        property.name,
        this.visit(this.#checker.getTypeOfSymbol(property), properties[property.name], outer),
      ]);
    return { ...schema, properties: { ...properties, ...Object.fromEntries(fields) } };
  }

  #holds(type: ts.Type, outer: Outer): boolean {
    if (isTemplate(type)) return true;
    if (outer.includes(type)) return false;
    const within = [...outer, type];
    if (type.isUnion()) return type.types.some((part) => this.#holds(part, within));
    if (!(type.flags & ts.TypeFlags.Object)) return false;
    return this.#partsOf(type).some((part) => this.#holds(part, within));
  }

  #partsOf(type: ts.Type): readonly ts.Type[] {
    const checker = this.#checker;
    if (checker.isArrayType(type) || checker.isTupleType(type))
      return checker.getTypeArguments(type as ts.TypeReference);
    return [
      ...checker.getIndexInfosOfType(type).map((info) => info.type),
      ...checker.getPropertiesOfType(type).map((property) => checker.getTypeOfSymbol(property)),
    ];
  }
}

function isTemplate(type: ts.Type): type is ts.TemplateLiteralType {
  return (type.flags & ts.TypeFlags.TemplateLiteral) !== 0;
}

function isNothing({ flags }: ts.Type): boolean {
  return (flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) !== 0;
}

/** The texts of a template as a regular expression. */
function patternOf({ texts, types }: ts.TemplateLiteralType): string {
  const parts = texts.map((text, index) => {
    const hole = types[index];
    return escaped(text) + (hole ? holePattern(hole) : '');
  });
  return `^${parts.join('')}$`;
}

const NUMBER = '-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?';

function holePattern(type: ts.Type): string {
  if (type.isUnion()) return `(${type.types.map(holePattern).join('|')})`;
  if (type.isStringLiteral() || type.isNumberLiteral()) return escaped(String(type.value));
  if (isTemplate(type)) return `(${patternOf(type).slice(1, -1)})`;
  if (type.flags & ts.TypeFlags.Number) return NUMBER;
  if (type.flags & ts.TypeFlags.String) return '[\\s\\S]*';
  throw new MisplacedTemplateError('a template literal type with a part that has no pattern');
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
