import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { Deadlines } from './deadlines.ts';

describe('Deadlines', () => {
  it('serves several lengths, one timer for each', async () => {
    const clock = createFakeClock();
    const deadlines = new Deadlines(clock);
    const expired: string[] = [];

    deadlines.set(100, () => expired.push('long'));
    deadlines.set(50, () => expired.push('short'));
    deadlines.set(100, () => expired.push('long again'));
    await clock.advanceAsync(0);
    expect(clock.pendingTimers).toBe(2);
    await clock.advanceAsync(100);

    expect(expired).toEqual(['short', 'long', 'long again']);
  });

  it('calls nothing that was cancelled, and leaves no timer behind', async () => {
    const clock = createFakeClock();
    const deadlines = new Deadlines(clock);
    const deadline = deadlines.set(100, () => expect.unreachable());

    deadline.cancel();
    deadline.cancel();
    await clock.advanceAsync(200);

    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps those of one length together, and forgets a length that has rested', async () => {
    const clock = createFakeClock();
    const deadlines = new Deadlines(clock);
    const first = deadlines.of(10);
    expect(deadlines.of(10)).toBe(first);

    deadlines.set(10, () => {}).cancel();
    await clock.advanceAsync(0);

    expect(deadlines.of(10)).not.toBe(first);
  });

  it('goes on after one length has rested', async () => {
    const clock = createFakeClock();
    const deadlines = new Deadlines(clock);
    deadlines.set(10, () => {}).cancel();
    await clock.advanceAsync(0);
    let expired = 0;

    deadlines.set(10, () => expired++);
    await clock.advanceAsync(10);

    expect(expired).toBe(1);
  });
});
