import { array, assert, constantFrom, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogBuckets, QUANTILE_ERROR } from './log-buckets.ts';

function exactQuantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
}

describe('LogBuckets', () => {
  it('gives every quantile exact to QUANTILE_ERROR', () => {
    const value = double({ min: 1e-8, max: 1e9, noNaN: true });
    assert(
      property(array(value, { minLength: 1 }), constantFrom(0.5, 0.95, 0.99), (values, share) => {
        const buckets = new LogBuckets();
        for (const each of values) buckets.record(each);

        const exact = exactQuantile(values, share);
        const error = Math.abs(buckets.quantile(share) - exact) / exact;

        expect(error).toBeLessThanOrEqual(QUANTILE_ERROR + 1e-12);
      }),
    );
  });

  it('takes any number: zero, negative, tiny and huge count at the ends', () => {
    const buckets = new LogBuckets();
    for (const value of [0, -1, 1e-300, 1e300, Infinity]) buckets.record(value);

    expect(buckets.quantile(0)).toBeLessThan(1e-8);
    expect(buckets.quantile(1)).toBeGreaterThan(1e9);
  });

  it('merges to what recording in one would have given', () => {
    const [left, right, both] = [new LogBuckets(), new LogBuckets(), new LogBuckets()];
    for (let value = 1; value <= 100; value++) {
      (value % 2 ? left : right).record(value);
      both.record(value);
    }

    left.merge(right);

    expect([0.1, 0.5, 0.9].map((share) => left.quantile(share))).toEqual(
      [0.1, 0.5, 0.9].map((share) => both.quantile(share)),
    );
  });

  it('gives 0 when nothing was recorded', () => {
    expect(new LogBuckets().quantile(0.5)).toBe(0);
  });
});
