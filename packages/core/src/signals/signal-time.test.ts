import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../timing/clock.ts';
import { SignalTime } from './signal-time.ts';

describe('SignalTime', () => {
  it('reckons instants from monotonic time, and follows a wall clock that was set within a tenth of a second', () => {
    let [monotonic, wallAhead] = [0, 1_000_000];
    const clock: Clock = {
      ...createFakeClock(),
      monotonic: () => monotonic,
      now: () => monotonic + wallAhead,
    };
    const time = new SignalTime(clock);

    const first = time.at(time.monotonic());
    wallAhead += 5_000;
    monotonic = 99;
    const soon = time.at(time.monotonic());
    monotonic = 100;
    const later = time.at(time.monotonic());

    expect([first, soon, later]).toEqual([1_000_000, 1_000_099, 1_005_100]);
  });
});
