import { InvalidOptionsError, succeeded } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { aCommandCall, Charge, type Add, aroundCommand } from '../test/calls.ts';
import { rateLimitMiddleware, type RateLimitMiddlewareOptions } from './rate-limit-middleware.ts';

function create(options: RateLimitMiddlewareOptions) {
  const clock = createFakeClock();
  const middleware = rateLimitMiddleware({ ...options, clock });
  const outcomes: string[] = [];
  const run = async (
    name: string,
    options: { definition?: typeof Add; signal?: AbortSignal } = {},
  ) => {
    const result = await aroundCommand(middleware, aCommandCall(options), () =>
      Promise.resolve(succeeded(name, name)),
    );
    outcomes.push(result.success ? name : `${name}: ${result.error.name}`);
  };
  return { clock, run, outcomes };
}

describe('rateLimitMiddleware (8)', () => {
  it('lets commands wait for their turn, first come first served', async () => {
    const { clock, run, outcomes } = create({ maxPerSecond: 1 });

    void run('a');
    void run('b');
    void run('c');
    await clock.advanceAsync(1_000);
    expect(outcomes).toEqual(['a', 'b']);
    await clock.advanceAsync(1_000);

    expect(outcomes).toEqual(['a', 'b', 'c']);
  });

  it('makes no other type wait', async () => {
    const { clock, run, outcomes } = create({ maxPerSecond: 0.1 });

    void run('a');
    void run('b');
    void run('other', { definition: Charge as never });
    await clock.advanceAsync(0);

    expect(outcomes).toEqual(['a', 'other']);
  });

  it('fails what comes too fast and says when to come back, when told to', async () => {
    const clock = createFakeClock();
    const middleware = rateLimitMiddleware({ maxPerSecond: 2, burst: 1, onLimit: 'fail', clock });
    const run = () =>
      aroundCommand(middleware, aCommandCall(), () => Promise.resolve(succeeded(1, 'x')));
    await run();

    expect(await run()).toMatchObject({
      success: false,
      error: { code: 'LLMGINE_RATE_LIMITED', retryAfterMs: 500 },
    });
  });

  it('stops waiting when the command is aborted, and gives its turn to the next', async () => {
    const { clock, run, outcomes } = create({ maxPerSecond: 1 });
    const aborting = new AbortController();
    void run('a');
    void run('b', { signal: aborting.signal });
    void run('c');
    await clock.advanceAsync(0);

    aborting.abort(new Error('caller left'));
    await clock.advanceAsync(1_000);

    expect(outcomes).toEqual(['a', 'b: CommandCancelledError', 'c']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses options out of range, all at once', () => {
    const wrong = { maxPerSecond: 0, burst: 0, onLimit: 'drop' as 'fail' };

    expect(() => rateLimitMiddleware(wrong)).toThrowError(InvalidOptionsError);
    expect(() => rateLimitMiddleware(wrong)).toThrowError(/maxPerSecond.*burst.*onLimit/);
  });
});
