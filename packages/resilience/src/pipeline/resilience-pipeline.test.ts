import { getEventListeners } from 'node:events';
import { createFakeClock } from '@llmgine/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResiliencePipelineOptions } from './pipeline-options.ts';
import { resiliencePipeline } from './resilience-pipeline.ts';
import { retry } from './retry.ts';
import { timeout } from './timeout.ts';
import type { CallContext } from './call-attempt.ts';

const down = new Error('down');

function create(options: ResiliencePipelineOptions = {}) {
  const clock = createFakeClock();
  const pipeline = resiliencePipeline({ ...options, clock });
  const startedAt: number[] = [];
  /** Fails so often, then succeeds. */
  const failing = (times: number) => async (): Promise<string> => {
    startedAt.push(clock.monotonic());
    if (startedAt.length <= times) throw down;
    return 'fine';
  };
  const outcome = async (running: Promise<unknown>): Promise<unknown> => {
    running.catch(() => {});
    await clock.advanceAsync(1_000_000);
    return running.catch((thrown: unknown) => thrown);
  };
  return { clock, pipeline, startedAt, failing, outcome };
}

describe('resiliencePipeline (9.1, 9.2)', () => {
  it('gives what the function gives, promised or not', async () => {
    const { pipeline } = create();

    expect(await pipeline.run(() => 1)).toBe(1);
    expect(await pipeline.run(async () => 2)).toBe(2);
  });

  it('rejects with the very thing that was thrown, where nothing is retried', async () => {
    const { pipeline } = create();
    const odd: unknown = 'a string';

    await expect(pipeline.run(() => Promise.reject(odd as Error))).rejects.toBe(odd);
    await expect(
      pipeline.run(() => {
        throw down;
      }),
    ).rejects.toBe(down);
  });

  it('tries again with growing delays, and rejects with the last error', async () => {
    const { pipeline, startedAt, failing, outcome } = create({ retry: { jitter: 'none' } });

    expect(await outcome(pipeline.run(failing(9)))).toBe(down);
    expect(startedAt).toEqual([0, 100, 300, 700]);
  });

  it('waits as long as an error asks for', async () => {
    const { pipeline, clock, outcome } = create({ retry: {} });
    const startedAt: number[] = [];
    const busy = Object.assign(new Error('busy'), { retryAfterMs: 90_000 });

    const running = pipeline.run(() => {
      startedAt.push(clock.monotonic());
      return startedAt.length === 1 ? Promise.reject(busy) : 'fine';
    });

    expect(await outcome(running)).toBe('fine');
    expect(startedAt).toEqual([0, 90_000]);
  });

  it('asks the breaker for each attempt, and does not try an open circuit again', async () => {
    const { pipeline, startedAt, failing, outcome } = create({
      retry: { jitter: 'none' },
      circuitBreaker: { failureThreshold: 2 },
    });

    expect(await outcome(pipeline.run(failing(9)))).toBe(down);
    expect(startedAt).toHaveLength(2);
  });

  it('refuses while the circuit is open', async () => {
    const { pipeline, outcome } = create({
      circuitBreaker: { failureThreshold: 1 },
      name: 'model',
    });
    await pipeline.run(() => Promise.reject(down)).catch(() => {});

    await expect(pipeline.run(() => 1)).rejects.toMatchObject({
      code: 'LLMGINE_CIRCUIT_OPEN',
      breaker: 'model',
    });
    pipeline.circuitBreaker?.close();
    expect(await outcome(pipeline.run(() => 1))).toBe(1);
  });

  it('gives up on an attempt in time, aborts its signal, and tries again', async () => {
    const { pipeline, outcome } = create({ retry: { attemptTimeoutMs: 50 } });
    const contexts: CallContext[] = [];

    const running = pipeline.run((context) => {
      contexts.push(context);
      const { signal, attempt } = context;
      return attempt === 1 && !signal.aborted ? new Promise<string>(() => {}) : 'second';
    });

    expect(await outcome(running)).toBe('second');
    expect(contexts.map(({ attempt, signal }) => [attempt, signal.aborted])).toEqual([
      [1, true],
      [2, false],
    ]);
  });

  it('shows an aborted signal to who asks for it only after the time was up', async () => {
    const { pipeline, clock, outcome } = create({ retry: { attemptTimeoutMs: 50, maxRetries: 0 } });
    let context: CallContext | undefined;
    const running = pipeline.run((given) => {
      context = given;
      return new Promise<void>(() => {});
    });
    running.catch(() => {});
    await clock.advanceAsync(60);

    expect(context?.signal.aborted).toBe(true);
    expect(await outcome(running)).toMatchObject({
      code: 'LLMGINE_ATTEMPT_TIMEOUT',
      timeoutMs: 50,
    });
  });

  it('covers all attempts and waits with timeoutMs', async () => {
    const { pipeline, clock, failing, outcome } = create({
      retry: { timeoutMs: 350, maxRetries: 50, jitter: 'none' },
    });

    const error = await outcome(pipeline.run(failing(99)));

    expect(error).toMatchObject({ code: 'LLMGINE_ATTEMPT_TIMEOUT', timeoutMs: 350, cause: down });
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends when its caller aborts: during an attempt, during a wait, or before', async () => {
    const { pipeline, clock, outcome } = create({ retry: { jitter: 'none' } });
    const during = new AbortController();
    const waiting = new AbortController();
    let inner: AbortSignal | undefined;
    const first = pipeline.run(
      ({ signal }) => {
        inner = signal;
        return new Promise(() => {});
      },
      { signal: during.signal },
    );
    const second = pipeline.run(() => Promise.reject(down), { signal: waiting.signal });
    for (const running of [first, second]) running.catch(() => {});
    await clock.advanceAsync(50);

    during.abort(new Error('left'));
    waiting.abort(new Error('left'));

    expect(await outcome(first)).toMatchObject({ code: 'LLMGINE_CALL_ABORTED' });
    expect(inner?.aborted).toBe(true);
    expect(await outcome(second)).toMatchObject({ code: 'LLMGINE_CALL_ABORTED', cause: down });
    await expect(pipeline.run(() => 1, { signal: during.signal })).rejects.toMatchObject({
      code: 'LLMGINE_CALL_ABORTED',
    });
  });

  it('leaves no timer and no listener behind', async () => {
    const { pipeline, clock } = create({ retry: { attemptTimeoutMs: 1_000 } });
    await pipeline.run(() => 1);
    await clock.advanceAsync(0);

    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves nothing on a signal that many calls share', async () => {
    const { pipeline } = create({ retry: { attemptTimeoutMs: 100 }, circuitBreaker: {} });
    const { signal } = new AbortController();

    await pipeline.run(async () => 'fine', { signal });

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('frees the probe of a caller that aborts', async () => {
    const { pipeline, clock, failing, outcome } = create({
      circuitBreaker: { failureThreshold: 1, successThreshold: 1, recoveryTimeoutMs: 100_000 },
    });
    const caller = new AbortController();
    await outcome(pipeline.run(failing(1)));
    const probing = pipeline.run(() => new Promise<never>(() => {}), { signal: caller.signal });
    expect(pipeline.circuitBreaker?.status()).toMatchObject({ state: 'half_open', probes: 1 });

    caller.abort();

    await expect(probing).rejects.toMatchObject({ code: 'LLMGINE_CALL_ABORTED' });
    expect(pipeline.circuitBreaker?.status()).toMatchObject({ state: 'half_open', probes: 0 });
    expect(await pipeline.run(failing(1))).toBe('fine');
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits within the bounds of every jitter kind', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('full' as const, 'none' as const),
        fc.integer({ min: 0, max: 500 }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 3, maxLength: 3 }),
        async (jitter, initialDelayMs, chances) => {
          const rolls = [...chances];
          const { pipeline, startedAt, failing, outcome } = create({
            retry: { jitter, initialDelayMs, maxDelayMs: 900, random: () => rolls.shift() ?? 0 },
          });

          await outcome(pipeline.run(failing(9)));

          const delays = startedAt.slice(1).map((at, index) => at - startedAt[index]!);
          const longest = [1, 2, 4].map((factor) => Math.min(initialDelayMs * factor, 900));
          for (const [index, delayMs] of delays.entries()) {
            const factor = jitter === 'full' ? chances[index]! : 1;
            expect(delayMs).toBeCloseTo(longest[index]! * factor, 6);
          }
          expect(delays).toHaveLength(3);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses options out of range, all at once', () => {
    expect(() =>
      resiliencePipeline({ retry: { base: 0, timeoutMs: 0 }, circuitBreaker: { windowMs: -1 } }),
    ).toThrowError(/retry\.base.*retry\.timeoutMs.*circuitBreaker\.windowMs/);
  });
});

describe('retry (9.1)', () => {
  it('calls a plain function until it succeeds', async () => {
    const { clock, startedAt, failing, outcome } = create();

    expect(await outcome(retry(failing(2), { clock, jitter: 'none' }))).toBe('fine');
    expect(startedAt).toEqual([0, 100, 300]);
  });

  it('does not try again what a policy or the error says is final', async () => {
    const final = Object.assign(new Error('quota'), { retryable: false });
    let calls = 0;
    const call = () => {
      calls++;
      return Promise.reject(final);
    };

    await expect(retry(call)).rejects.toBe(final);
    await expect(retry(call, { policies: [{ when: 'Error', then: 'fail' }] })).rejects.toBe(final);
    expect(calls).toBe(2);
  });
});

describe('timeout (9.5)', () => {
  it('rejects in time whether the function listens or not', async () => {
    const { clock, outcome } = create();

    const running = timeout({ timeoutMs: 100, clock }).run(() => new Promise(() => {}));

    expect(await outcome(running)).toMatchObject({ code: 'LLMGINE_ATTEMPT_TIMEOUT' });
  });

  it('must be given a time above zero', () => {
    expect(() => timeout({} as never)).toThrowError(/must be given/);
    expect(() => timeout({ timeoutMs: 0 })).toThrowError(/above 0/);
  });
});
