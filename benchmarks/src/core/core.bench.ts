import type { BenchmarkCase } from '../case.ts';
import { measureCases } from '../measure.ts';
import type { Row } from '../row.ts';

/** What the bus costs. */
export const cases: readonly BenchmarkCase[] = [
  {
    name: 'publish burst, 1 async handler',
    subjects: [
      {
        name: 'direct call',
        role: 'limit',
        prepare: () => ({
          async run(operations) {
            for (let index = 0; index < operations; index++) await Promise.resolve({ index });
          },
        }),
      },
    ],
  },
];

export function rows(): Promise<Row[]> {
  return measureCases({ area: 'core', module: import.meta.url, cases });
}
