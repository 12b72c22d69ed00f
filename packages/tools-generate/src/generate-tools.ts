import { resolve } from 'node:path';
import ts from 'typescript';
import { definitionProblems } from './check-definitions.ts';
import { isBrand, unsupportedIn } from './check-type.ts';
import { GenerateError, type SourceProblem } from './generate-error.ts';
import { printTools } from './print-tools.ts';
import { readFunctions, type ToolFunction, type ToolParameter } from './read-functions.ts';
import { AmbiguousDateError, reviveDates } from './revive-dates.ts';
import { openSource, problemAt, type SourceProgram } from './source-program.ts';
import { addPatterns, MisplacedTemplateError } from './text-patterns.ts';
import { toSchemas, type JsonSchema } from './to-schema.ts';

/** What to read and where the definitions will stand. */
export interface GenerateOptions {
  /** A TypeScript file whose exported functions become tools. */
  readonly file: string;
  /**
   * The file of definitions; its imports are relative to it.
   * @default the source's name with `.tools.ts`
   */
  readonly out?: string | undefined;
}

/** Where the definitions of a source stand when nobody says. */
export function defaultOut(file: string): string {
  return file.replace(/(\.[cm]?tsx?)?$/, '.tools.ts');
}

/**
 * Makes the text of a file of tool definitions of a file of functions.
 * @throws GenerateError with all problems and where they are
 */
export function generateTools({ file, out = defaultOut(file) }: GenerateOptions): string {
  const path = resolve(file);
  const opened = openSource(path);
  const { functions, problems } = readFunctions(opened);
  const all = [...problems, ...functions.flatMap((each) => typeProblems(opened, each))];
  if (functions.length + all.length === 0)
    all.push(problemAt(opened.source, 'it exports no function'));
  if (all.length > 0) throw new GenerateError(all);

  const schemas = toSchemas(path, functions);
  const printed = functions.map((each, index) => ({
    ...each,
    schema: withPatterns(opened.checker, each, schemas[index]!), // one for each function
    callArguments: callArguments(opened.checker, each),
  }));
  const wrong = definitionProblems(opened, printed);
  if (wrong.length > 0) throw new GenerateError(wrong);
  return printTools(printed, { file: path, out: resolve(out), options: opened.options });
}

/** @throws GenerateError */
function withPatterns(
  checker: ts.TypeChecker,
  { name, parameters, takesObject }: ToolFunction,
  schema: JsonSchema,
): JsonSchema {
  const properties = { ...(schema['properties'] as JsonSchema | undefined) };
  let whole: unknown = schema;
  for (const parameter of parameters) {
    try {
      if (takesObject) whole = addPatterns(checker, parameter.type, schema);
      else
        properties[parameter.name] = addPatterns(
          checker,
          parameter.type,
          properties[parameter.name],
        );
    } catch (thrown) {
      if (!(thrown instanceof MisplacedTemplateError)) throw thrown;
      const told = `parameter '${parameter.name}' of '${name}' is or holds ${thrown.message}; use string`;
      throw new GenerateError([problemAt(parameter.node, told)]);
    }
  }
  return takesObject ? (whole as JsonSchema) : { ...schema, properties };
}

function typeProblems(
  { checker, program }: SourceProgram,
  { name, parameters }: ToolFunction,
): readonly SourceProblem[] {
  return parameters.flatMap((parameter) => {
    const found = unsupportedIn(program, parameter.type) ?? dateProblem(checker, parameter);
    return found === undefined
      ? []
      : [
          problemAt(
            parameter.node,
            `parameter '${parameter.name}' of '${name}' is or holds ${found}`,
          ),
        ];
  });
}

function dateProblem(checker: ts.TypeChecker, parameter: ToolParameter): string | undefined {
  try {
    reviveDates(checker, parameter.type, 'value');
    return undefined;
  } catch (thrown) {
    if (thrown instanceof AmbiguousDateError)
      return `${thrown.message}, which cannot be made again of JSON; use a text`;
    throw thrown;
  }
}

function callArguments(checker: ts.TypeChecker, each: ToolFunction): readonly string[] {
  return each.parameters.map((parameter, index) => {
    const access = each.takesObject ? 'args' : `args.${parameter.name}`;
    const { type, node } = parameter;
    const revived = reviveDates(checker, type, access);
    // A parameter with a default is never undefined inside the function, but may be left out.
    const given =
      revived && node.initializer
        ? `${access} === undefined ? undefined : ${revived}`
        : (revived ?? access);
    // The values of an enum, a template or a brand are of a type that only the function names.
    return isNominal(checker, type)
      ? `(${given}) as Parameters<typeof ${each.name}>[${index}]`
      : given;
  });
}

function isNominal(
  checker: ts.TypeChecker,
  type: ts.Type,
  outer: readonly ts.Type[] = [],
): boolean {
  if (type.flags & (ts.TypeFlags.EnumLike | ts.TypeFlags.TemplateLiteral) || isBrand(type))
    return true;
  if (outer.includes(type)) return false;
  const within = [...outer, type];
  if (type.isUnionOrIntersection())
    return type.types.some((part) => isNominal(checker, part, within));
  if (!(type.flags & ts.TypeFlags.Object)) return false;
  const parts =
    checker.isArrayType(type) || checker.isTupleType(type)
      ? checker.getTypeArguments(type as ts.TypeReference)
      : checker.getPropertiesOfType(type).map((property) => checker.getTypeOfSymbol(property));
  return parts.some((part) => isNominal(checker, part, within));
}
