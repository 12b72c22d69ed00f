import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NotJsonSafeError } from '../errors.ts';
import { toJsonText } from './json-text.ts';

describe('toJsonText', () => {
  it('takes everything that comes back from JSON as it was', () => {
    assert(property(jsonValue(), (value) => toJsonText('It', value) === JSON.stringify(value)));
  });

  it.each([
    ['a date', { at: new Date(0) }, 'at'],
    ['a map', { deep: [{ map: new Map() }] }, 'deep.0.map'],
    ['a hole in a list', { list: [1, undefined] }, 'list.1'],
    ['not a number', { value: Number.NaN }, 'value'],
    ['a function', { call: () => 1 }, 'call'],
    ['a symbol', { symbol: Symbol('x') }, 'symbol'],
    ['nothing', undefined, ''],
  ])('refuses %s and names where it is', (_, value, path) => {
    expect(() => toJsonText('It', value)).toThrow(
      expect.objectContaining({ name: 'NotJsonSafeError', path }),
    );
  });

  it('refuses cycles and big integers', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;

    expect(() => toJsonText('It', cyclic)).toThrow(NotJsonSafeError);
    expect(() => toJsonText('It', { big: 1n })).toThrow(NotJsonSafeError);
  });

  it('takes an undefined property as absent, and own keys that look like prototypes', () => {
    expect(toJsonText('It', { a: undefined })).toBe('{}');
    expect(toJsonText('It', JSON.parse('{"__proto__":{"x":1}}'))).toBe('{"__proto__":{"x":1}}');
  });
});
