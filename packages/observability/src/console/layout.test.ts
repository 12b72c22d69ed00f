import { array, assert, integer, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, fit, formatDuration, oneLine } from './layout.ts';

describe('fit', () => {
  it('always takes exactly the columns asked for', () => {
    const letters = array(string({ minLength: 1, maxLength: 1, unit: 'grapheme' })).map((all) =>
      oneLine(all.join('')),
    );
    assert(
      property(letters, integer({ min: 1, max: 40 }), (text, columns) => {
        expect(columnsOf(fit(text, columns))).toBe(columns);
      }),
    );
  });

  it('counts wide characters as two columns', () => {
    expect(fit('京都', 6)).toBe('京都  ');
    expect(fit('京都の天気', 6)).toBe('京都… ');
  });
});

describe('formatDuration', () => {
  it.each([
    [0.0123, '12 µs'],
    [0.9999, '1.0 ms'],
    [12.34, '12.3 ms'],
    [250, '250 ms'],
    [999.9, '1.0 s'],
    [12_345, '12.3 s'],
    [90_000, '1m 30s'],
    [7_500_000, '2h 5m'],
  ])('writes %d ms as %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});
