import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMessageBus } from '../bus/create-message-bus.ts';
import { defineCommand } from '../message/define-messages.ts';
import { typeOnly } from '../message/type-only.ts';
import { systemClock } from './system-clock.ts';

const Ask = defineCommand('ask', { data: typeOnly<object>() });

describe('systemClock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('never goes back', () => {
    const readings = Array.from({ length: 1_000 }, () => systemClock.monotonic());

    expect(readings).toEqual(readings.toSorted((a, b) => a - b));
  });

  it('follows the timers that a test framework puts in place, and comes back', async () => {
    const before = systemClock.monotonic();
    vi.useFakeTimers();
    const fake = systemClock.monotonic();
    await vi.advanceTimersByTimeAsync(1e9);
    const advanced = systemClock.monotonic();
    vi.useRealTimers();

    expect(advanced - fake).toBe(1e9);
    expect(systemClock.monotonic() - before).toBeLessThan(1e8);
  });

  it('lets the deadlines of a bus pass in faked time', async () => {
    vi.useFakeTimers();
    const bus = createMessageBus();
    bus.registerCommandHandler(Ask, () => new Promise(() => {}), { timeoutMs: 5_000 });
    await bus.start();

    const asked = bus.execute(Ask({}));
    await vi.advanceTimersByTimeAsync(5_000);

    expect(await asked).toMatchObject({
      success: false,
      error: { code: 'LLMGINE_COMMAND_TIMEOUT' },
    });
  });
});
