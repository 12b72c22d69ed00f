import { failed, succeeded } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { aCommandCall, anEventCall } from '../test/calls.ts';
import { DurationHistogram } from './duration-histogram.ts';
import { timingMiddleware } from './timing-middleware.ts';

describe('timingMiddleware (8)', () => {
  it('reports count, mean, smallest, largest and percentiles per type', async () => {
    const clock = createFakeClock();
    const timing = timingMiddleware({ clock });
    const call = aCommandCall();

    for (let durationMs = 1; durationMs <= 100; durationMs++) {
      await timing.aroundCommand(call, async () => {
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

    await timing.aroundCommand(call, () =>
      Promise.resolve(failed(new Error('no'), call.command.id)),
    );
    await expect(
      timing.aroundEvent(anEventCall(), () => Promise.reject(new Error('no'))),
    ).rejects.toThrowError('no');

    expect(timing.report().commands['add']?.count).toBe(1);
    expect(timing.report().events['added']?.count).toBe(1);
  });

  it('forgets when reset', async () => {
    const timing = timingMiddleware();
    await timing.aroundEvent(anEventCall(), () => Promise.resolve());

    timing.reset();

    expect(timing.report()).toEqual({ commands: {}, events: {} });
  });
});

describe('DurationHistogram', () => {
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
