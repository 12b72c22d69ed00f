import { describe, expect, it } from 'vitest';
import { median } from './measure.ts';
import type { Row } from './row.ts';
import { toFactTable, toTables } from './table.ts';

function aRow(given: Partial<Row>): Row {
  return {
    area: 'core',
    case: 'publish',
    subject: 'llmgine',
    version: '1.0.0',
    nsPerOp: 1_234.4,
    ratioToLimit: 2.345,
    ratioToUs: 1,
    ...given,
  };
}

describe('toTables', () => {
  it('writes a table for each case', () => {
    const written = toTables([aRow({}), aRow({ case: 'execute', ratioToLimit: undefined })]);

    expect(written).toContain('### core: publish');
    expect(written).toContain('### core: execute');
    expect(written).toContain('| llmgine | 1.0.0   | 1,234     | 2.35    | 1.00 |');
    expect(written).toContain('| llmgine | 1.0.0   | 1,234     |         | 1.00 |');
  });
});

describe('toFactTable', () => {
  it('writes what was measured beside what was aimed at', () => {
    const written = toFactTable([
      { area: 'core', name: 'size', value: 0.12345, unit: 'MB', target: 'at most 0.3 MB' },
    ]);

    expect(written).toContain('| core: size | 0.123 MB | at most 0.3 MB |');
  });
});

describe('median', () => {
  it('is the middle one, whatever the outliers', () => {
    expect(median([9_000, 1, 3, 2, 4])).toBe(3);
  });
});
