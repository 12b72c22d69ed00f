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

  it('refuses what is no object of options, and names that are no options', () => {
    interface Options {
      readonly size?: number;
      readonly rate?: number;
    }
    const names = { size: true, rate: true } as const;
    const check = createOptionChecker('create thing');

    expect(check.options<Options>(undefined, names)).toEqual({});
    expect(check.options<Options>({ size: 3 }, names)).toEqual({ size: 3 });
    expect(check.options<Options>(null as never, names)).toEqual({});
    expect(check.options<Options>({ sise: 3, toString: 1 } as never, names)).toHaveProperty('sise');
    check.options<Options>([] as never, names, 'inner');
    check.options<Options>({ Rate: 1 } as never, names, 'inner');

    expect(() => check.done()).toThrowError(
      'Cannot create thing: options must be an object, got null; sise is no option, there are size, rate; toString is no option, there are size, rate; inner must be an object, got a list; inner.Rate is no option, there are size, rate.',
    );
  });

  it('refuses what lacks a method', () => {
    const check = createOptionChecker('create thing');
    check.methods('left out', undefined, ['emit']);
    check.methods('log', { emit() {} }, ['emit']);
    check.methods('hub', null, ['emit']);
    check.methods('clock', { now() {} }, ['now', 'monotonic']);

    expect(() => check.done()).toThrowError(
      'Cannot create thing: hub must have the method emit; clock must have the methods now, monotonic.',
    );
  });
});
