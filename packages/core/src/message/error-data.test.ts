import { anything, assert, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toError, toErrorData } from './error-data.ts';

describe('toError', () => {
  it('keeps an Error as it is', () => {
    const error = new TypeError('a');

    expect(toError(error)).toBe(error);
  });

  it('makes an Error of anything else, with the value as its cause', () => {
    assert(
      property(anything(), (thrown) => {
        const error = toError(thrown);

        expect(error).toBeInstanceOf(Error);
        expect(Object.is(error.cause, thrown)).toBe(true);
      }),
    );
  });

  it.each([
    ['a string', 'out of tea', 'out of tea'],
    ['undefined', undefined, 'Thrown value: undefined'],
    ['an object', { code: 7 }, 'Thrown value: {"code":7}'],
    ['a symbol', Symbol('s'), 'Thrown value: Symbol(s)'],
    ['a bigint', 1n, 'A value that is no Error was thrown.'],
  ])('says what %s was', (_, thrown, message) => {
    expect(toError(thrown).message).toBe(message);
  });
});

describe('toErrorData', () => {
  it('1.4 is plain JSON data for anything that can be thrown', () => {
    assert(
      property(anything(), (thrown) => {
        const data = toErrorData(thrown);

        expect(JSON.parse(JSON.stringify(data))).toEqual(data);
        expect(data).not.toHaveProperty('cause');
      }),
    );
  });

  it('1.4 leaves out a code that is no string', () => {
    expect(toErrorData(Object.assign(new Error('a'), { code: 7 }))).not.toHaveProperty('code');
  });

  it('1.4 ends at eight causes, since chains can be cyclic', () => {
    const error = new Error('a');
    error.cause = error;
    let depth = 0;
    for (let data = toErrorData(error); data.cause; data = data.cause) depth++;

    expect(depth).toBe(8);
  });
});
