import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { RateGate } from './rate-gate.ts';
import { TokenBucket } from './token-bucket.ts';

function createGate({ ratePerSecond = 1, burst = 1 } = {}) {
  const clock = createFakeClock();
  const gate = new RateGate([new TokenBucket({ ratePerSecond, burst, clock })], clock);
  const entered: string[] = [];
  const enter = async (name: string, signal?: AbortSignal): Promise<void> => {
    entered.push((await gate.enter([1], signal)) ? name : `${name} left`);
  };
  return { clock, gate, entered, enter };
}

describe('RateGate', () => {
  it('lets callers through first come first served', async () => {
    const { clock, entered, enter } = createGate();

    void enter('a');
    void enter('b');
    void enter('c');
    await clock.advanceAsync(999);
    expect(entered).toEqual(['a']);
    await clock.advanceAsync(1);
    expect(entered).toEqual(['a', 'b']);
    await clock.advanceAsync(1_000);
    expect(entered).toEqual(['a', 'b', 'c']);
  });

  it('lets nobody past those who wait', async () => {
    const { clock, gate, enter } = createGate({ burst: 2 });
    void enter('a');
    void enter('b');
    void enter('c');
    await clock.advanceAsync(0);

    expect(gate.tryEnter([0])).toBe(false);
  });

  it('lets a caller leave, and the next one take its turn', async () => {
    const { clock, entered, enter } = createGate();
    const leaving = new AbortController();
    void enter('a');
    void enter('b', leaving.signal);
    void enter('c');

    leaving.abort();
    await clock.advanceAsync(1_000);

    expect(entered).toEqual(['a', 'b left', 'c']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for all of its buckets and takes from none before', async () => {
    const clock = createFakeClock();
    const fast = new TokenBucket({ ratePerSecond: 100, clock });
    const slow = new TokenBucket({ ratePerSecond: 1, clock });
    const gate = new RateGate([fast, slow], clock);
    await gate.enter([1, 1]);

    void gate.enter([1, 1]);

    expect(fast.available).toBe(99);
    await clock.advanceAsync(1_000);
    expect(slow.available).toBe(0);
  });

  it('lets through what costs more than a bucket holds once it is full, and leaves it in debt', async () => {
    const { clock, gate } = createGate({ ratePerSecond: 10, burst: 10 });
    gate.tryEnter([5]);
    let entered = false;

    void gate.enter([20]).then(() => (entered = true));
    await clock.advanceAsync(499);
    expect(entered).toBe(false);
    await clock.advanceAsync(1);

    expect(entered).toBe(true);
    expect(gate.msUntil([1])).toBe(1_100);
  });
});
