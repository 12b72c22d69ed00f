import { describe, expect, it } from 'vitest';
import { KeyedParts } from './keyed-parts.ts';

function create(maxKeys: number) {
  const busy = new Set<string>();
  const parts = new KeyedParts<{ key: string }>({
    create: (key) => ({ key }),
    maxKeys,
    isIdle: ({ key }) => !busy.has(key),
  });
  return { parts, busy, keys: () => [...parts.entries()].map(([key]) => key) };
}

describe('KeyedParts', () => {
  it('makes one part for each key', () => {
    const { parts } = create(10);

    expect(parts.for('a')).toBe(parts.for('a'));
    expect(parts.for('b')).not.toBe(parts.for('a'));
  });

  it('forgets idle parts when there are too many', () => {
    const { parts, busy, keys } = create(3);
    for (const key of ['a', 'b', 'c']) parts.for(key);
    busy.add('b');

    parts.for('d');

    expect(keys()).toEqual(['b', 'd']);
  });

  it('forgets the oldest when none is idle', () => {
    const { parts, busy, keys } = create(2);
    for (const key of ['a', 'b', 'c']) busy.add(key);

    for (const key of ['a', 'b', 'c']) parts.for(key);

    expect(keys()).toEqual(['b', 'c']);
  });
});
