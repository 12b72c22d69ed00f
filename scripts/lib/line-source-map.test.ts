import { decode, encode } from '@jridgewell/sourcemap-codec';
import { describe, expect, it } from 'vitest';
import { lineSourceMap } from './line-source-map.ts';

describe('lineSourceMap', () => {
  it('keeps the first segment of a line, and those where the file or the line changes', () => {
    const mappings = encode([
      [
        [0, 0, 4, 0],
        [6, 0, 4, 6],
        [9, 0, 5, 2],
        [12, 1, 5, 0],
      ],
      [],
      [
        [1, 1, 5, 8],
        [3, 1, 5, 9],
      ],
    ]);

    const { mappings: kept } = lineSourceMap({ mappings });

    expect(decode(kept)).toEqual([
      [
        [0, 0, 4, 0],
        [9, 0, 5, 2],
        [12, 1, 5, 0],
      ],
      [],
      [[1, 1, 5, 8]],
    ]);
  });

  it('leaves the rest of the map as it is', () => {
    const map = { version: 3, sources: ['../src/index.ts'], mappings: 'AAAA' };

    expect(lineSourceMap(map)).toEqual(map);
  });
});
