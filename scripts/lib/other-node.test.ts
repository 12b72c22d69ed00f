import { describe, expect, it } from 'vitest';
import { admits } from './other-node.ts';

describe('admits', () => {
  it.each([
    ['>=22.18', '22.18.0', true],
    ['>=22.18', '24.0.0', true],
    ['>=22.18', '22.9.1', false],
    ['>=22.18', '20.20.2', false],
    ['>=20.19.0', '20.19.0', true],
    ['>=20', '20.0.0', true],
  ])('%s, given %s: %s', (range, version, expected) => {
    expect(admits(range, version)).toBe(expected);
  });
});
