import { InvalidOptionsError } from '../errors.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBackoff } from './backoff.ts';

describe('createBackoff', () => {
  it('doubles from 100 ms up to 10 s by default, without its jitter', () => {
    const delayMs = createBackoff({ jitter: 'none' });

    expect([1, 2, 3, 7, 8, 2000].map(delayMs)).toEqual([100, 200, 400, 6400, 10_000, 10_000]);
  });

  it('grows by the initial delay each time when linear', () => {
    const delayMs = createBackoff({ growth: 'linear', jitter: 'none', maxDelayMs: 250 });

    expect([1, 2, 3].map(delayMs)).toEqual([100, 200, 250]);
  });

  it('stays the same when constant', () => {
    expect([1, 2, 9].map(createBackoff({ growth: 'constant', jitter: 'none' }))).toEqual([
      100, 100, 100,
    ]);
  });

  it('stays within its bounds for every jitter, growth, attempt and randomness', () => {
    fc.assert(
      fc.property(
        fc.record({
          growth: fc.constantFrom('exponential', 'linear', 'constant'),
          jitter: fc.constantFrom('full', 'none'),
          initialDelayMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
          maxDelayMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
          base: fc.double({ min: 1, max: 100, noNaN: true }),
        }),
        fc.integer({ min: 1, max: 5000 }),
        fc.double(),
        (options, attempt, chance) => {
          const delayMs = createBackoff({ ...options, random: () => chance })(attempt);
          const longestMs = createBackoff({ ...options, jitter: 'none' })(attempt);

          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(longestMs);
          expect(longestMs).toBeLessThanOrEqual(options.maxDelayMs);
          expect(options.jitter === 'none' ? delayMs : longestMs).toBe(longestMs);
        },
      ),
    );
  });

  it('spreads evenly under full jitter', () => {
    const chances = [0, 0.25, 0.5, 0.999];
    const delays = chances.map((chance) => createBackoff({ random: () => chance })(2));

    expect(delays).toEqual([0, 50, 100, 199.8]);
  });

  it('refuses every option out of range, all at once', () => {
    const wrong = {
      initialDelayMs: -1,
      maxDelayMs: Number.NaN,
      base: 0.5,
      jitter: 'some' as 'full',
    };

    expect(() => createBackoff(wrong)).toThrowError(InvalidOptionsError);
    expect(() => createBackoff(wrong)).toThrowError(/initialDelayMs.*maxDelayMs.*base.*jitter/s);
  });
});
