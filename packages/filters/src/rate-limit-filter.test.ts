import {
  defineEvent,
  InvalidOptionsError,
  sessionId,
  typeOnly,
  type EventMessage,
} from '@llmgine/core';
import { TokenBucket } from '@llmgine/core/timing';
import { createFakeClock } from '@llmgine/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyedBuckets } from './keyed-buckets.ts';
import { rateLimitFilter, type RateLimitFilterOptions } from './rate-limit-filter.ts';

const Said = defineEvent('chat.said', { data: typeOnly<void>() });
const Heard = defineEvent('chat.heard', { data: typeOnly<void>() });

function said(session: string): EventMessage {
  return Said(undefined, { sessionId: sessionId(session) });
}

function create(options: RateLimitFilterOptions) {
  const clock = createFakeClock();
  const filter = rateLimitFilter({ ...options, clock });
  return { clock, accepts: (event: EventMessage) => filter.accepts(event) };
}

describe('rateLimitFilter (7)', () => {
  it('refuses once the allowance is spent and accepts again when it has refilled', () => {
    const { clock, accepts } = create({ maxPerSecond: 2 });

    expect([1, 2, 3].map(() => accepts(Said()))).toEqual([true, true, false]);
    clock.advance(500);
    expect([1, 2].map(() => accepts(Said()))).toEqual([true, false]);
  });

  it('gives each session its own allowance', () => {
    const { accepts } = create({ maxPerSecond: 1 });

    expect([said('a'), said('b'), said('a')].map(accepts)).toEqual([true, true, false]);
  });

  it('shares one allowance when told to', () => {
    const { accepts } = create({ maxPerSecond: 1, perSession: false });

    expect([said('a'), said('b')].map(accepts)).toEqual([true, false]);
  });

  it('gives each type its own allowance when told to', () => {
    const alone = create({ maxPerSecond: 1, perSession: false, perType: true });
    const both = create({ maxPerSecond: 1, perType: true });

    expect([said('a'), Heard(), said('b')].map(alone.accepts)).toEqual([true, true, false]);
    expect([said('a'), Heard(), said('b'), said('b')].map(both.accepts)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('works for rates below one per second', () => {
    const { clock, accepts } = create({ maxPerSecond: 0.5 });

    expect([1, 2].map(() => accepts(Said()))).toEqual([true, false]);
    clock.advance(2_000);
    expect(accepts(Said())).toBe(true);
  });

  it('is untouched when the wall clock jumps', () => {
    const { clock, accepts } = create({ maxPerSecond: 1 });
    accepts(Said());

    clock.setNow(0);
    expect(accepts(Said())).toBe(false);
    clock.setNow(9e12);
    expect(accepts(Said())).toBe(false);
  });

  it('neither gives nor takes when the monotonic clock goes back', () => {
    let now = 10_000;
    const clock = createFakeClock();
    clock.monotonic = () => now;
    const filter = rateLimitFilter({ maxPerSecond: 1, burst: 3, clock });
    const asked = () => filter.accepts(Said());
    expect(asked()).toBe(true);

    now = 5_000;
    expect([1, 2, 3].map(asked)).toEqual([true, true, false]);
    now = 10_000;
    expect(asked()).toBe(false);
  });

  it('refuses every option out of range, all at once', () => {
    const wrong = { maxPerSecond: 0, burst: 0.5, maxKeys: 1, perSession: 1 as never };

    expect(() => rateLimitFilter(wrong)).toThrowError(InvalidOptionsError);
    expect(() => rateLimitFilter(wrong)).toThrowError(/maxPerSecond.*burst.*perSession.*maxKeys/);
    expect(() => rateLimitFilter({} as never)).toThrowError(/maxPerSecond must be given/);
  });

  it('never lets a session have more than burst + rate x time, whatever the keys', () => {
    const steps = fc.array(
      fc.record({ session: fc.constantFrom('a', 'b', 'c'), waitMs: fc.nat(900) }),
    );

    fc.assert(
      fc.property(steps, fc.double({ min: 0.2, max: 9, noNaN: true }), (history, maxPerSecond) => {
        const { clock, accepts } = create({ maxPerSecond });
        const passed: Record<string, number> = {};

        for (const { session, waitMs } of history) {
          clock.advance(waitMs);
          if (accepts(said(session))) passed[session] = (passed[session] ?? 0) + 1;
        }

        const allowed = Math.max(maxPerSecond, 1) + (clock.monotonic() / 1000) * maxPerSecond;
        expect(Math.max(0, ...Object.values(passed))).toBeLessThanOrEqual(allowed + 1e-6);
      }),
    );
  });
});

describe('KeyedBuckets', () => {
  const create = (options: { ratePerSecond: number; burst: number; maxKeys: number }) => {
    const clock = createFakeClock();
    return { clock, buckets: new KeyedBuckets({ ...options, clock }) };
  };

  it('holds no more than its maximum while a million keys are seen', () => {
    const { buckets } = create({ ratePerSecond: 1, burst: 1, maxKeys: 1_000 });
    let largest = 0;

    for (let key = 0; key < 1_000_000; key++) {
      buckets.tryTake(String(key));
      largest = Math.max(largest, buckets.size);
    }

    expect(largest).toBe(1_000);
  });

  it('keeps a bucket that is in use while others come and go', () => {
    const { buckets } = create({ ratePerSecond: 1, burst: 1, maxKeys: 100 });
    buckets.tryTake('held');

    for (let key = 0; key < 10_000; key++) {
      buckets.tryTake(String(key));
      expect(buckets.tryTake('held')).toBe(false); // one that began afresh would have a token
    }
  });

  it('lets go of buckets that have refilled', () => {
    const { clock, buckets } = create({ ratePerSecond: 10, burst: 10, maxKeys: 1_000 });
    for (let key = 0; key < 50; key++) buckets.tryTake(String(key));

    clock.advance(1_000);
    for (let key = 0; key < 50; key++) buckets.tryTake(`next ${key}`);

    expect(buckets.size).toBe(50);
  });

  it('decides as one bucket for each key does, whatever comes and goes', () => {
    const steps = fc.array(
      fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), waitMs: fc.nat(900) }),
      { maxLength: 200 },
    );
    const rule = { ratePerSecond: 2, burst: 3 };

    fc.assert(
      fc.property(steps, (history) => {
        const { clock, buckets } = create({ ...rule, maxKeys: 5 });
        const model = new Map<string, TokenBucket>();
        for (const { key, waitMs } of history) {
          clock.advance(waitMs);
          const bucket = model.get(key) ?? new TokenBucket({ ...rule, clock });
          model.set(key, bucket);

          expect(buckets.tryTake(key)).toBe(bucket.tryTake());
        }
      }),
    );
  });
});
