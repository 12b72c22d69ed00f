import { createFakeClock } from '@llmgine/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

describe('TokenBucket', () => {
  it('gives its burst at once and then what has refilled', () => {
    const clock = createFakeClock();
    const bucket = new TokenBucket({ ratePerSecond: 2, clock });

    expect([bucket.tryTake(), bucket.tryTake(), bucket.tryTake()]).toEqual([true, true, false]);
    clock.advance(500);
    expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false]);
  });

  it('works for rates below one per second', () => {
    const clock = createFakeClock();
    const bucket = new TokenBucket({ ratePerSecond: 0.1, clock });

    expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false]);
    clock.advance(9_999);
    expect(bucket.tryTake()).toBe(false);
    clock.advance(1);
    expect(bucket.tryTake()).toBe(true);
  });

  it('is untouched when the wall clock jumps', () => {
    const clock = createFakeClock();
    const bucket = new TokenBucket({ ratePerSecond: 1, clock });
    bucket.tryTake();

    clock.setNow(clock.now() + 3_600_000);

    expect(bucket.tryTake()).toBe(false);
  });

  it('neither gives nor takes when its own clock goes back', () => {
    let now = 10_000;
    const clock = { ...createFakeClock(), monotonic: () => now };
    const bucket = new TokenBucket({ ratePerSecond: 1, clock });
    bucket.tryTake();

    now = 0;
    expect(bucket.tryTake()).toBe(false);
    now = 11_000;
    expect(bucket.tryTake()).toBe(true);
  });

  it('lends, and is paid back by what refills', () => {
    const clock = createFakeClock();
    const bucket = new TokenBucket({ ratePerSecond: 1, burst: 2, clock });

    bucket.take(4);
    clock.advance(2_999);

    expect(bucket.tryTake()).toBe(false);
    clock.advance(1);
    expect(bucket.tryTake()).toBe(true);
  });

  it('never holds more than its burst, whatever is given back', () => {
    const bucket = new TokenBucket({ ratePerSecond: 1, burst: 3, clock: createFakeClock() });

    bucket.giveBack(100);

    expect(bucket.available).toBe(3);
  });

  it('says that more than its burst never comes', () => {
    const bucket = new TokenBucket({ ratePerSecond: 5, clock: createFakeClock() });

    expect(bucket.msUntil(6)).toBe(Number.POSITIVE_INFINITY);
  });

  it('never gives more than burst + rate x time', () => {
    const steps = fc.array(fc.record({ waitMs: fc.nat(5_000), asks: fc.nat(20) }));
    const rates = fc.double({ min: 0.01, max: 50, noNaN: true });

    fc.assert(
      fc.property(rates, steps, (ratePerSecond, history) => {
        const clock = createFakeClock();
        const bucket = new TokenBucket({ ratePerSecond, clock });
        let given = 0;

        for (const { waitMs, asks } of history) {
          clock.advance(waitMs);
          for (let ask = 0; ask < asks; ask++) if (bucket.tryTake()) given++;
          const allowed = bucket.burst + (clock.monotonic() / 1000) * ratePerSecond;
          expect(given).toBeLessThanOrEqual(allowed + 1e-6);
        }
      }),
    );
  });

  it('gives after exactly the time it names', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 900, noNaN: true }), (ratePerSecond) => {
        const clock = createFakeClock();
        const bucket = new TokenBucket({ ratePerSecond, burst: 1, clock });
        bucket.tryTake();

        clock.advance(bucket.msUntil(1));

        expect(bucket.tryTake()).toBe(true);
      }),
    );
  });

  it('refuses a rate of zero and a burst below one, both at once', () => {
    expect(() => new TokenBucket({ ratePerSecond: 0, burst: 0 })).toThrowError(
      /ratePerSecond.*burst/,
    );
  });
});
