import ts from 'typescript';
import type { SourceProblem } from './generate-error.ts';
import { exportedFunctions, type ExportedFunction } from './exported-functions.ts';
import { readLiteral } from './read-literal.ts';
import { problemAt, type SourceProgram } from './source-program.ts';

/** A parameter that a model gives by name. */
export interface ToolParameter {
  readonly name: string;
  readonly optional: boolean;
  /** As it stands in the source, or as inferred. */
  readonly typeText: string;
  readonly type: ts.Type;
  readonly description: string | undefined;
  /** Where the source gives it as a literal. */
  readonly defaultValue: unknown;
  /** Those of the fields, where the function takes its one object apart. */
  readonly fieldDefaults: ReadonlyMap<string, unknown>;
  readonly node: ts.ParameterDeclaration;
}

/** An exported function that becomes a tool. */
export interface ToolFunction {
  /** The name of the export. */
  readonly name: string;
  /** What the model calls it: the tag `@name`, or the export's name. */
  readonly toolName: string;
  readonly description: string;
  readonly effect: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly exclusive: string | undefined;
  readonly parameters: readonly ToolParameter[];
  /** The function takes one object apart, whose fields are the tool's parameters. */
  readonly takesObject: boolean;
  readonly node: ts.SignatureDeclaration;
}

/** What was found in a file. */
export interface FoundFunctions {
  readonly functions: readonly ToolFunction[];
  readonly problems: readonly SourceProblem[];
}

/** Reads the exported functions of a file. */
export function readFunctions(opened: SourceProgram): FoundFunctions {
  const { found, problems } = exportedFunctions(opened);
  const functions = found.map((each) => readFunction(opened, each));
  const wrong = functions.flatMap((each) => [
    ...functionProblems(each),
    ...signatureProblems(opened.checker, each),
  ]);
  return { functions, problems: [...problems, ...wrong, ...sameNames(functions)] };
}

function* sameNames(functions: readonly ToolFunction[]): Generator<SourceProblem> {
  const names = new Set<string>();
  for (const { name, toolName, node } of functions) {
    if (names.has(toolName))
      yield problemAt(node, `function '${name}' would be a second tool '${toolName}'`);
    names.add(toolName);
  }
}

function readFunction(
  { checker }: SourceProgram,
  { name, node, documented }: ExportedFunction,
): ToolFunction {
  const only = node.parameters.length === 1 ? node.parameters[0] : undefined;
  const timeout = tagText(documented, 'timeoutMs');
  return {
    name,
    toolName: tagText(documented, 'name') ?? name,
    description: descriptionOf(documented),
    effect: tagText(documented, 'effect'),
    timeoutMs: timeout === undefined ? undefined : Number(timeout),
    exclusive: tagText(documented, 'exclusive'),
    parameters: node.parameters.map((parameter) => readParameter(checker, parameter, documented)),
    takesObject: only !== undefined && ts.isObjectBindingPattern(only.name),
    node,
  };
}

function readParameter(
  checker: ts.TypeChecker,
  node: ts.ParameterDeclaration,
  documented: ts.Node,
): ToolParameter {
  const type = checker.getTypeAtLocation(node);
  const inferred = checker.typeToString(type, node, ts.TypeFormatFlags.NoTruncation);
  const name = node.name.getText();
  return {
    name,
    optional: node.questionToken !== undefined || node.initializer !== undefined,
    typeText: node.type?.getText() ?? inferred,
    type,
    description: parameterDescription(documented, name),
    defaultValue: readLiteral(checker, node.initializer),
    fieldDefaults: fieldDefaults(checker, node.name),
    node,
  };
}

function* functionProblems({
  name,
  description,
  effect,
  timeoutMs,
  toolName,
  node,
  parameters,
}: ToolFunction): Generator<SourceProblem> {
  const problem = (message: string): SourceProblem =>
    problemAt(node, `function '${name}' ${message}`);
  if (description === '')
    yield problem('has no doc comment; the model decides by it when to call the tool');
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(toolName)) {
    yield problem(
      `would be the tool '${toolName}'; names of tools are 1 to 64 letters, digits, _ or -`,
    );
  }
  if (effect !== undefined && !['read', 'idempotent', 'once'].includes(effect)) {
    yield problem(`has @effect ${effect}; it must be read, idempotent or once`);
  }
  if (timeoutMs !== undefined && !(timeoutMs > 0))
    yield problem('has a @timeoutMs that is no number above zero');
  if (node.typeParameters) yield problem('has type parameters; a tool needs types that are known');
  for (const parameter of parameters) {
    if (parameter.node.dotDotDotToken) {
      yield problemAt(
        parameter.node,
        `parameter '${parameter.name}' of '${name}' is a rest parameter; take a list instead`,
      );
    }
    if (ts.isArrayBindingPattern(parameter.node.name)) {
      yield problemAt(
        parameter.node,
        `a parameter of '${name}' takes a list apart; give it a name`,
      );
    }
    if (ts.isObjectBindingPattern(parameter.node.name) && parameters.length > 1) {
      yield problemAt(
        parameter.node,
        `a parameter of '${name}' takes an object apart beside others; give it a name`,
      );
    }
  }
}

/** What the file of definitions could not call. */
function* signatureProblems(
  checker: ts.TypeChecker,
  { name, node, parameters }: ToolFunction,
): Generator<SourceProblem> {
  const problem = (message: string): SourceProblem =>
    problemAt(node, `function '${name}' ${message}`);
  if (checker.getTypeAtLocation(node).getCallSignatures().length > 1)
    yield problem('has overloads; a tool has one list of parameters');
  if (parameters.some((parameter) => parameter.name === 'this'))
    yield problem('has a this parameter, which nobody gives to a tool');
  if (['tools', 'defineTool', 'jsonSchema'].includes(name))
    yield problem('has a name that the file of definitions needs; export it by another');
  if (givesUnread(checker, node))
    yield problem('gives a generator or a stream; read it and return text or a list');
}

/** Tells whether what it returns is used up by reading, and so tells a model nothing. */
function givesUnread(checker: ts.TypeChecker, node: ts.SignatureDeclaration): boolean {
  const signature = checker.getSignatureFromDeclaration(node);
  const returned = signature && checker.getAwaitedType(signature.getReturnType());
  const names = (returned ? checker.getPropertiesOfType(returned) : []).map(({ name }) => name);
  const isIterable = names.some((name) => name.startsWith('__@iterator'));
  return (
    names.some((name) => name.startsWith('__@asyncIterator')) ||
    (isIterable && names.includes('next'))
  );
}

function descriptionOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1);
  return (ts.getTextOfJSDocComment(comment?.comment) ?? '').trim();
}

function tagText(node: ts.Node, name: string): string | undefined {
  const tag = ts.getJSDocTags(node).find(({ tagName }) => tagName.text === name);
  const text = tag && ts.getTextOfJSDocComment(tag.comment)?.trim();
  return text || undefined;
}

function parameterDescription(documented: ts.Node, name: string): string | undefined {
  const tag = ts
    .getJSDocTags(documented)
    .filter(ts.isJSDocParameterTag)
    .find((one) => one.name.getText() === name);
  const text = ts.getTextOfJSDocComment(tag?.comment)?.replace(/^-\s*/, '').trim();
  return text || undefined;
}

function fieldDefaults(
  checker: ts.TypeChecker,
  name: ts.BindingName,
): ReadonlyMap<string, unknown> {
  if (!ts.isObjectBindingPattern(name)) return new Map();
  return new Map(
    name.elements.map((element) => [
      (element.propertyName ?? element.name).getText(),
      readLiteral(checker, element.initializer),
    ]),
  );
}
