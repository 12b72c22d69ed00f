import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { sleep } from './sleep.ts';

describe('sleep', () => {
  it('resolves to true after its time, not before', async () => {
    const clock = createFakeClock();
    let woken: boolean | undefined;
    void sleep(100, { clock }).then((result) => {
      woken = result;
    });

    await clock.advanceAsync(99);
    expect(woken).toBeUndefined();
    await clock.advanceAsync(1);

    expect(woken).toBe(true);
  });

  it('resolves to false at once when the signal aborts, and leaves no timer', async () => {
    const clock = createFakeClock();
    const controller = new AbortController();
    const sleeping = sleep(100, { clock, signal: controller.signal });

    controller.abort();

    expect(await sleeping).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not begin when the signal has aborted, and needs no timer for no time', async () => {
    const clock = createFakeClock();

    expect(await sleep(100, { clock, signal: AbortSignal.abort() })).toBe(false);
    expect(await sleep(0, { clock })).toBe(true);
    expect(await sleep(-1, { clock })).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on when a timer fires early, as they do beyond 24.8 days', async () => {
    const clock = createFakeClock();
    const early = {
      ...clock,
      setTimer: (callback: () => void, delayMs: number) =>
        clock.setTimer(callback, Math.min(delayMs, 1_000)),
    };
    let isAwake = false;
    void sleep(2_500, { clock: early }).then(() => {
      isAwake = true;
    });

    await clock.advanceAsync(2_499);
    expect(isAwake).toBe(false);
    await clock.advanceAsync(1);

    expect(isAwake).toBe(true);
  });
});
