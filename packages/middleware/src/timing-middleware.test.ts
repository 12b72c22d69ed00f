import { failed, succeeded } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aCommandCall, anEventCall, aroundCommand, aroundEvent } from '../test/calls.ts';
import { DurationHistogram } from './duration-histogram.ts';
import { timingMiddleware } from './timing-middleware.ts';

describe('timingMiddleware (8)', () => {
  it('reports count, mean, smallest, largest and percentiles per type', async () => {
    const clock = createFakeClock();
    const timing = timingMiddleware({ clock });
    const call = aCommandCall();

    for (let durationMs = 1; durationMs <= 100; durationMs++) {
      await aroundCommand(timing, call, async () => {
        clock.advance(durationMs);
        return succeeded(1, call.command.id);
      });
    }

    const report = timing.report().commands['add'];
    expect(report).toMatchObject({ count: 100, meanMs: 50.5, minMs: 1, maxMs: 100 });
    expect(report?.p50Ms).toBeCloseTo(50, -1);
    expect(report?.p95Ms).toBeCloseTo(95, -1);
    expect(report?.p99Ms).toBeCloseTo(99, -1);
  });

  it('counts what fails too', async () => {
    const clock = createFakeClock();
    const timing = timingMiddleware({ clock });
    const call = aCommandCall();

    await aroundCommand(timing, call, () =>
      Promise.resolve(failed(new Error('no'), call.command.id)),
    );
    await expect(
      aroundEvent(timing, anEventCall(), () => Promise.reject(new Error('no'))),
    ).rejects.toThrowError('no');

    expect(timing.report().commands['add']?.count).toBe(1);
    expect(timing.report().events['added']?.count).toBe(1);
  });

  it('forgets when reset', async () => {
    const timing = timingMiddleware();
    await aroundEvent(timing, anEventCall(), () => Promise.resolve());

    timing.reset();

    expect(timing.report()).toEqual({ commands: {}, events: {} });
  });
});

describe('DurationHistogram', () => {
  it('knows percentiles to two significant figures, over any durations', () => {
    const durations = fc.array(fc.double({ min: 0.002, max: 1_000_000, noNaN: true }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(durations, (measured) => {
        const histogram = new DurationHistogram();
        for (const durationMs of measured) histogram.add(durationMs);
        const sorted = measured.toSorted((a, b) => a - b);
        const p95 = sorted[Math.max(1, Math.ceil(0.95 * sorted.length)) - 1]!;

        expect(Math.abs(histogram.report().p95Ms - p95) / p95).toBeLessThan(0.005);
      }),
    );
  });

  it('counts no time where a clock went back', () => {
    const histogram = new DurationHistogram();
    histogram.add(-5);
    histogram.add(Number.NaN);

    expect(histogram.report()).toMatchObject({ count: 2, minMs: 0, maxMs: 0, meanMs: 0, p99Ms: 0 });
  });

  it('says nothing outside what it saw, from nanoseconds to days', () => {
    for (const durationMs of [0, 0.000_5, 3, 90_000_000]) {
      const histogram = new DurationHistogram();
      histogram.add(durationMs);
      const { p50Ms, p99Ms, minMs, maxMs } = histogram.report();

      expect([p50Ms, p99Ms, minMs, maxMs]).toEqual([
        durationMs,
        durationMs,
        durationMs,
        durationMs,
      ]);
    }
  });
});
