import { defineTool, jsonSchema } from '@llmgine/tools';
import { Parser } from 'expr-eval-fork';

/** What an expression may call. Everything is pure and quick. */
const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = {
  abs: Math.abs,
  cbrt: Math.cbrt,
  ceil: Math.ceil,
  cos: Math.cos,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  max: Math.max,
  min: Math.min,
  pow: Math.pow,
  round: Math.round,
  sign: Math.sign,
  sin: Math.sin,
  sqrt: Math.sqrt,
  tan: Math.tan,
  trunc: Math.trunc,
};

const CONSTANTS: Readonly<Record<string, number>> = { PI: Math.PI, E: Math.E };

const LONGEST_EXPRESSION = 500;

/** Digits that a double holds for certain. */
const DIGITS = 15;

/** Works out an arithmetic expression. It is parsed, never run as code. */
export const calculate = defineTool({
  name: 'calculate',
  description:
    'Works out an arithmetic expression, e.g. "17 * 23" or "sqrt(2) ^ 3". Knows + - * / % ^ ! and the usual functions.',
  effect: 'read',
  input: jsonSchema<{ readonly expression: string }>({
    type: 'object',
    properties: {
      expression: { type: 'string', maxLength: LONGEST_EXPRESSION, description: 'The expression' },
    },
    required: ['expression'],
    additionalProperties: false,
  }),
  execute: ({ expression }) => evaluate(expression),
});

/** @throws Error that says what is wrong with the expression */
export function evaluate(expression: string): number {
  const parser = new Parser({
    allowMemberAccess: false,
    operators: {
      assignment: false,
      comparison: false,
      concatenate: false,
      conditional: false,
      fndef: false,
      in: false,
      logical: false,
      random: false,
    },
  });
  parser.functions = { ...FUNCTIONS };
  parser.consts = { ...CONSTANTS };
  const value: unknown = parser.parse(expression).evaluate({});
  if (typeof value !== 'number')
    throw new Error(`'${expression}' is not an arithmetic expression.`);
  if (!Number.isFinite(value)) throw new Error(`'${expression}' has no finite value.`);
  return Number(value.toPrecision(DIGITS));
}
