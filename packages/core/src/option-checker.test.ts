import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from './errors.ts';
import { createOptionChecker } from './option-checker.ts';

describe('createOptionChecker', () => {
  it('names all problems at once', () => {
    const check = createOptionChecker('create thing');
    check.number('size', 0, { min: 1, integer: true });
    check.number('rate', 'fast', { above: 0, max: 1 });
    check.oneOf('mode', 'c', ['a', 'b']);
    check.function('log', {});
    check.boolean('loud', 1);
    check.require(false, 'more is needed');

    expect(() => check.done()).toThrowError(InvalidOptionsError);
    expect(() => check.done()).toThrowError(
      "Cannot create thing: size must be an integer at least 1, got 0; rate must be a finite number above 0 and at most 1, got 'fast'; mode must be 'a' or 'b', got 'c'; log must be a function, got an object; loud must be a boolean, got 1; more is needed.",
    );
  });

  it('lets what is left out, and Infinity where it is allowed, pass', () => {
    const check = createOptionChecker('create thing');
    check.number('size', undefined, { min: 1 });
    check.number('bound', Number.POSITIVE_INFINITY, { min: 1, infinite: true });
    check.number('endless', Number.NEGATIVE_INFINITY, { infinite: true });

    expect(() => check.done()).toThrowError(/^Cannot create thing: endless must/);
  });
});
