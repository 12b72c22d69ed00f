import { CommandTimeoutError, InvalidMessageError, NoCommandHandlerError } from '../index.ts';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { isRetryable, repeat, retryAfterMsOf } from './retry.ts';

describe('isRetryable', () => {
  it('holds for errors of others', () => {
    expect(isRetryable(new Error('socket hang up'))).toBe(true);
    expect(isRetryable('a thrown string')).toBe(true);
  });

  it('does not hold for misuse, a missing handler and invalid data', () => {
    expect(isRetryable(new NoCommandHandlerError('a', 'BUS'))).toBe(false);
    expect(isRetryable(new InvalidMessageError('command', 'a', []))).toBe(false);
  });

  it('holds for a timeout', () => {
    expect(isRetryable(new CommandTimeoutError('a', 5))).toBe(true);
  });

  it('believes an error that says so itself', () => {
    expect(isRetryable(Object.assign(new Error('quota'), { retryable: false }))).toBe(false);
  });
});

describe('retryAfterMsOf', () => {
  it('reads a sensible retryAfterMs and nothing else', () => {
    const values = [2_500, 0, -1, Number.NaN, '3', undefined];

    expect(values.map((retryAfterMs) => retryAfterMsOf({ retryAfterMs }))).toEqual([
      2_500,
      0,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(retryAfterMsOf(undefined)).toBeUndefined();
  });
});

describe('repeat', () => {
  it('waits between attempts and stops when told to', async () => {
    const clock = createFakeClock();
    const attempts: string[] = [];
    const attempt = (number: number): Promise<string> => {
      attempts.push(`${number} at ${clock.monotonic()}`);
      return Promise.resolve(`outcome ${number}`);
    };

    const last = repeat('outcome 1', attempt, {
      delayMs: (_, made) => (made < 3 ? made * 10 : undefined),
      clock,
    });
    await clock.advanceAsync(100);

    expect(await last).toBe('outcome 3');
    expect(attempts).toEqual(['2 at 10', '3 at 30']);
  });

  it('starts no attempt after an abort and keeps the last outcome', async () => {
    const clock = createFakeClock();
    const aborting = new AbortController();
    const last = repeat('first', () => Promise.resolve('second'), {
      delayMs: () => 1_000,
      signal: () => aborting.signal,
      clock,
    });

    aborting.abort();

    expect(await last).toBe('first');
    expect(clock.pendingTimers).toBe(0);
  });
});
