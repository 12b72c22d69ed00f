import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { rateLimiter, type RateLimiterOptions } from './rate-limiter.ts';

function create(options: RateLimiterOptions) {
  const clock = createFakeClock();
  const limiter = rateLimiter({ ...options, clock });
  const done: string[] = [];
  const run = (name: string, tokens?: number, key?: string) =>
    void limiter.run(() => done.push(name), { tokens, key });
  return { clock, limiter, done, run };
}

describe('rateLimiter (9.5)', () => {
  it('lets so many requests through per minute, the others wait in turn', async () => {
    const { clock, done, run } = create({ requestsPerMinute: 2 });

    for (const name of ['a', 'b', 'c', 'd']) run(name);
    await clock.advanceAsync(29_999);
    expect(done).toEqual(['a', 'b']);
    await clock.advanceAsync(1);
    expect(done).toEqual(['a', 'b', 'c']);
    await clock.advanceAsync(30_000);

    expect(done).toEqual(['a', 'b', 'c', 'd']);
  });

  it('reserves tokens before a call and settles them after it', async () => {
    const { clock, limiter } = create({ tokensPerMinute: 600 });
    const first = await limiter.reserve({ tokens: 600 });
    let entered = false;
    const second = limiter.reserve({ tokens: 100 }).then((reservation) => {
      entered = true;
      return reservation;
    });

    first.settle(500);
    first.settle(0);
    await clock.advanceAsync(10_000);

    expect(entered).toBe(true);
    (await second).settle(100);
  });

  it('makes later calls wait for what a call used beyond its reservation', async () => {
    const { clock, limiter, done, run } = create({ tokensPerMinute: 60 });
    const first = await limiter.reserve({ tokens: 30 });
    first.settle(90);

    run('next', 1);
    await clock.advanceAsync(30_999);
    expect(done).toEqual([]);
    await clock.advanceAsync(1);

    expect(done).toEqual(['next']);
  });

  it('lets through what costs more than a minute allows, once the allowance is full', async () => {
    const { clock, done, run } = create({ tokensPerMinute: 60 });
    run('small', 30);
    run('huge', 120);
    run('next', 1);

    await clock.advanceAsync(30_000);
    expect(done).toEqual(['small', 'huge']);
    await clock.advanceAsync(61_000);

    expect(done).toEqual(['small', 'huge', 'next']);
  });

  it('gives each key its own allowance, and remembers so many keys', async () => {
    const { clock, done, run } = create({ requestsPerMinute: 1, maxKeys: 2 });

    for (const key of ['a', 'b', 'c', 'a']) run(key, 0, key);
    await clock.advanceAsync(0);

    expect(done).toEqual(['a', 'b', 'c', 'a']);
  });

  it('refuses at once when told to, and says when to come back', async () => {
    const { limiter } = create({ requestsPerMinute: 1, onLimit: 'fail' });
    await limiter.reserve();

    await expect(limiter.reserve()).rejects.toMatchObject({
      code: 'LLMGINE_RATE_LIMITED',
      retryAfterMs: 60_000,
    });
  });

  it('ends a wait when its caller aborts', async () => {
    const { limiter } = create({ requestsPerMinute: 1 });
    await limiter.reserve();
    const aborting = new AbortController();
    const waiting = limiter.reserve({ signal: aborting.signal });

    aborting.abort();

    await expect(waiting).rejects.toMatchObject({ code: 'LLMGINE_CALL_ABORTED' });
  });

  it('settles by what the result says', async () => {
    const { clock, limiter } = create({ tokensPerMinute: 60 });

    await limiter.run(() => ({ used: 10 }), { tokens: 60, usedTokens: ({ used }) => used });
    let entered = false;
    void limiter.reserve({ tokens: 50 }).then(() => (entered = true));
    await clock.advanceAsync(0);

    expect(entered).toBe(true);
  });

  it('refuses options out of range, and tokens that are no number', async () => {
    expect(() => rateLimiter({})).toThrowError(/requestsPerMinute or tokensPerMinute/);
    expect(() =>
      rateLimiter({ requestsPerMinute: 0, tokensPerMinute: -1, maxKeys: 0 }),
    ).toThrowError(/requestsPerMinute.*tokensPerMinute.*maxKeys/);
    await expect(
      create({ requestsPerMinute: 1 }).limiter.reserve({ tokens: Number.NaN }),
    ).rejects.toMatchObject({
      code: 'LLMGINE_INVALID_OPTIONS',
    });
  });
});
