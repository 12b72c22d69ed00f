import { failed, InvalidMessageError, InvalidOptionsError, succeeded } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { aCommandCall, Charge, aroundCommand } from '../test/calls.ts';
import { retryMiddleware, type RetryMiddlewareOptions } from './retry-middleware.ts';

async function run(
  options: RetryMiddlewareOptions,
  errors: readonly Error[],
  call: Parameters<typeof aCommandCall>[0] = {},
) {
  const clock = createFakeClock();
  const startedAt: number[] = [];
  const middleware = retryMiddleware({ jitter: 'none', ...options, clock });
  const running = aroundCommand(middleware, aCommandCall(call), () => {
    const error = errors[startedAt.length];
    startedAt.push(clock.monotonic());
    return Promise.resolve(error ? failed(error, 'x') : succeeded('done', 'x'));
  });
  await clock.advanceAsync(1_000_000);
  return { result: await running, startedAt };
}

const failure = new Error('down');

describe('retryMiddleware (8)', () => {
  it('tries three more times by default, waiting longer each time', async () => {
    const { result, startedAt } = await run(
      {},
      Array.from({ length: 9 }, () => failure),
    );

    expect(startedAt).toEqual([0, 100, 300, 700]);
    expect(result).toMatchObject({ success: false, error: failure });
  });

  it('gives the first success', async () => {
    const { result, startedAt } = await run({ backoff: 'constant' }, [failure, failure]);

    expect(startedAt).toEqual([0, 100, 200]);
    expect(result).toMatchObject({ success: true, result: 'done' });
  });

  it('grows linearly when told to, up to the longest delay', async () => {
    const { startedAt } = await run({ backoff: 'linear', delayMs: 10, maxDelayMs: 20 }, [
      failure,
      failure,
      failure,
    ]);

    expect(startedAt).toEqual([0, 10, 30, 50]);
  });

  it('waits as long as the error asks for, whatever its length', async () => {
    const busy = Object.assign(new Error('busy'), { retryAfterMs: 60_000 });

    expect((await run({}, [busy])).startedAt).toEqual([0, 60_000]);
  });

  it('honours retry: false of the definition', async () => {
    const { startedAt } = await run({}, [failure], { definition: Charge });

    expect(startedAt).toEqual([0]);
  });

  it('never repeats invalid data, nor what its predicate refuses', async () => {
    const invalid = new InvalidMessageError('command', 'x', []);
    const throwing = () => {
      throw new Error('predicate');
    };

    expect((await run({ shouldRetry: () => true }, [invalid])).startedAt).toEqual([0]);
    expect((await run({ shouldRetry: () => false }, [failure])).startedAt).toEqual([0]);
    expect((await run({ shouldRetry: throwing }, [failure])).startedAt).toEqual([0]);
  });

  it('starts no attempt after an abort and keeps the last error', async () => {
    const aborting = new AbortController();
    aborting.abort();

    const { result, startedAt } = await run({}, [failure], { signal: aborting.signal });

    expect(startedAt).toEqual([0]);
    expect(result).toMatchObject({ error: failure });
  });

  it('says that it repeats', () => {
    expect(retryMiddleware().repeats).toBe(true);
  });

  it('refuses options out of range, all at once', () => {
    const wrong = {
      maxRetries: -1,
      delayMs: Number.NaN,
      backoff: 'fast' as 'linear',
      shouldRetry: 3 as never,
    };

    expect(() => retryMiddleware(wrong)).toThrowError(InvalidOptionsError);
    expect(() => retryMiddleware(wrong)).toThrowError(/maxRetries.*delayMs.*backoff.*shouldRetry/);
  });
});
