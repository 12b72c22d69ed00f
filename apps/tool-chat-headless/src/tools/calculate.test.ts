import { describe, expect, it } from 'vitest';
import { evaluate } from './calculate.ts';

describe('evaluate', () => {
  it.each([
    ['17 * 23', 391],
    ['2 + 3 * 4', 14],
    ['(1 + 2) ^ 3', 27],
    ['sqrt(16) + 5!', 124],
    ['0.1 + 0.2', 0.3],
    ['-10 % 3', -1],
  ])('works out %s', (expression, value) => {
    expect(evaluate(expression)).toBe(value);
  });

  it.each([
    'constructor("return process")()',
    'toString',
    '__proto__',
    'x = 5',
    '(1).constructor',
    'process.exit(1)',
    'f(x) = x',
    '"a" || "b"',
    '[1,2]',
    '1 / 0',
    'random()',
    '',
    '(1 + 2',
  ])('refuses %s', (expression) => {
    expect(() => evaluate(expression)).toThrow(Error);
  });
});
