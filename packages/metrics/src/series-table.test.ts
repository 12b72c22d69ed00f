import { describe, expect, it } from 'vitest';
import { OVERFLOW_LABEL, SeriesTable } from './series-table.ts';

const tableOf = (maxSeries: number) =>
  new SeriesTable({ labelNames: ['type'], maxSeries, create: () => ({ value: 0 }) });

describe('SeriesTable', () => {
  it('gives the same series for the same label values', () => {
    const table = tableOf(10);

    expect(table.get('a')).toBe(table.getOne('a'));
    expect(table.get('a')).not.toBe(table.get('b'));
  });

  it('counts what is beyond the maximum in one series called other', () => {
    const table = tableOf(2);
    for (const name of ['a', 'b', 'c', 'd', 'e']) table.get(name).value += 1;

    const shown = Array.from(table.entries(), ({ labels, series }) => [
      labels['type'],
      series.value,
    ]);

    expect(shown).toEqual([
      ['a', 1],
      ['b', 1],
      [OVERFLOW_LABEL, 3],
    ]);
  });

  it('does not grow with made-up names', () => {
    const table = tableOf(3);
    for (let name = 0; name < 10_000; name++) table.getOne(`made-up-${name}`);

    expect([...table.entries()]).toHaveLength(4);
  });
});
