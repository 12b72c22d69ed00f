import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { every } from './schedule.ts';

describe('every', () => {
  it('5.2 gives instants counted from the epoch, always after the one asked for, never skipping one', () => {
    assert(
      property(
        integer({ min: 1, max: 1e6 }),
        integer({ min: -1e12, max: 1e13 }),
        (intervalMs, after) => {
          const next = every(intervalMs).next(after)!;

          expect(next).toBeGreaterThan(after);
          expect(next - after).toBeLessThanOrEqual(intervalMs);
          expect(Math.abs(next % intervalMs)).toBe(0);
        },
      ),
    );
  });
});
