import { describe, expect, it } from 'vitest';
import { BoundedMap } from './bounded-map.ts';

describe('BoundedMap', () => {
  it('gives up its oldest entry for a new one when it is full', () => {
    const evicted: number[] = [];
    const map = new BoundedMap<number>(2, (value) => evicted.push(value));

    map.set('a', 1);
    map.set('b', 2);
    map.set('c', 3);

    expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([undefined, 2, 3, 2]);
    expect(evicted).toEqual([1]);
  });
});
