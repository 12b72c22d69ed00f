import ts from 'typescript';

/** The value of an expression that says it by itself, as JSON data; undefined for what must be computed. */
export function readLiteral(checker: ts.TypeChecker, given: ts.Expression | undefined): unknown {
  if (!given) return undefined;
  const node = withoutAssertions(given);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isPrefixUnaryExpression(node)) return negated(checker, node);
  if (ts.isArrayLiteralExpression(node)) return readList(checker, node);
  if (ts.isObjectLiteralExpression(node)) return readObject(checker, node);
  switch (node.kind) {
    case ts.SyntaxKind.TrueKeyword:
      return true;
    case ts.SyntaxKind.FalseKeyword:
      return false;
    case ts.SyntaxKind.NullKeyword:
      return null;
    default:
      return constantOf(checker, node);
  }
}

/** What stands round an expression for the compiler alone. */
function withoutAssertions(node: ts.Expression): ts.Expression {
  const wraps =
    ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node);
  return wraps ? withoutAssertions(node.expression) : node;
}

function negated(checker: ts.TypeChecker, node: ts.PrefixUnaryExpression): unknown {
  const value = readLiteral(checker, node.operand);
  const isNegative = node.operator === ts.SyntaxKind.MinusToken && typeof value === 'number';
  return isNegative ? -value : undefined;
}

function readList(checker: ts.TypeChecker, node: ts.ArrayLiteralExpression): unknown {
  const items = node.elements.map((element) => readLiteral(checker, element));
  return items.includes(undefined) ? undefined : items;
}

function readObject(checker: ts.TypeChecker, node: ts.ObjectLiteralExpression): unknown {
  const fields = node.properties.map((property) =>
    ts.isPropertyAssignment(property) && !ts.isComputedPropertyName(property.name)
      ? ([property.name.text, readLiteral(checker, property.initializer)] as const)
      : undefined,
  );
  const isWhole = fields.every((field) => field !== undefined && field[1] !== undefined);
  return isWhole ? Object.fromEntries(fields.filter((field) => field !== undefined)) : undefined;
}

/** Members of enums, and constants whose type is their value. */
function constantOf(checker: ts.TypeChecker, node: ts.Expression): unknown {
  if (!ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node)) return undefined;
  const type = checker.getTypeAtLocation(node);
  if (type.isStringLiteral() || type.isNumberLiteral()) return type.value;
  return type.flags & ts.TypeFlags.BooleanLiteral
    ? checker.typeToString(type) === 'true'
    : undefined;
}
