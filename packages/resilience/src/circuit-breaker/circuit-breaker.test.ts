import { CommandCancelledError, createSignalHub, InvalidMessageError } from '@llmgine/core';
import { createFakeClock, createRecordedSignals, type FakeClock } from '@llmgine/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CircuitOpenError } from '../errors.ts';
import type { CircuitBreakerOptions } from './circuit-breaker-options.ts';
import { circuitBreaker, PermittingCircuitBreaker, type Permit } from './circuit-breaker.ts';

const down = new Error('down');

function create(options: CircuitBreakerOptions = {}) {
  const clock = createFakeClock();
  const signals = createSignalHub({ clock });
  const recorded = createRecordedSignals();
  signals.add(recorded);
  const breaker = circuitBreaker({ ...options, clock, signals, name: 'model' });
  const succeed = () => breaker.run(() => 'fine');
  const failWith = (error: Error = down) =>
    breaker.run(() => Promise.reject(error)).catch((thrown: unknown) => thrown);
  const failTimes = async (times: number) => {
    for (let time = 0; time < times; time++) await failWith();
  };
  return { clock, breaker, succeed, failWith, failTimes, recorded };
}

describe('circuitBreaker (9.2)', () => {
  it('lets calls through while closed and gives what they give', async () => {
    const { breaker, failWith } = create();

    expect(await breaker.run(() => Promise.resolve(7))).toBe(7);
    expect(await failWith()).toBe(down);
    expect(breaker.status()).toMatchObject({ state: 'closed', failures: 1 });
  });

  it('opens at the fifth failure within the window, though successes come between them', async () => {
    const { breaker, succeed, failTimes, failWith } = create();

    await failTimes(4);
    await succeed();
    await failTimes(1);

    expect(breaker.status().state).toBe('open');
    const refused = await failWith();
    expect(refused).toBeInstanceOf(CircuitOpenError);
    expect(refused).toMatchObject({ code: 'LLMGINE_CIRCUIT_OPEN', retryAfterMs: 60_000 });
  });

  it('forgets failures that have left the window', async () => {
    const { clock, breaker, failTimes } = create({ windowMs: 1_000 });

    await failTimes(4);
    clock.advance(1_000);
    await failTimes(4);

    expect(breaker.status()).toMatchObject({ state: 'closed', failures: 4 });
  });

  it('is half-open after the recovery time, whether anybody asks or not', async () => {
    const { clock, breaker, failTimes } = create({ recoveryTimeoutMs: 500 });
    await failTimes(5);

    clock.advance(499);
    expect(breaker.status()).toMatchObject({ state: 'open', retryAfterMs: 1 });
    clock.advance(1);

    expect(breaker.status().state).toBe('half_open');
  });

  it('lets three probes through while half-open, no more at a time, and closes when they succeed', async () => {
    const { clock, breaker, failTimes } = create();
    await failTimes(5);
    clock.advance(60_000);
    const finish: (() => void)[] = [];
    const probe = () => breaker.run(() => new Promise<void>((resolve) => finish.push(resolve)));

    const probes = [probe(), probe(), probe()];
    await expect(probe()).rejects.toBeInstanceOf(CircuitOpenError);
    expect(finish).toHaveLength(3);
    for (const resolve of finish) resolve();
    await Promise.all(probes);

    expect(breaker.status()).toMatchObject({ state: 'closed', failures: 0 });
  });

  it('opens again when a probe fails', async () => {
    const { clock, breaker, failTimes, succeed } = create();
    await failTimes(5);
    clock.advance(60_000);

    await succeed();
    await failTimes(1);

    expect(breaker.status()).toMatchObject({ state: 'open', retryAfterMs: 60_000 });
  });

  it('counts a probe that never settles as failed after the recovery time', async () => {
    const { clock, breaker, failTimes } = create({ recoveryTimeoutMs: 1_000 });
    await failTimes(5);
    clock.advance(1_000);
    void breaker.run(() => new Promise(() => {}));

    clock.advance(999);
    expect(breaker.status()).toMatchObject({ state: 'half_open', probes: 1 });
    clock.advance(1);
    expect(breaker.status()).toMatchObject({ state: 'open', retryAfterMs: 1_000 });
    clock.advance(1_000);

    expect(breaker.status()).toMatchObject({ state: 'half_open', probes: 0 });
  });

  it('hears nothing from a call of an earlier state', async () => {
    const { clock, breaker, failTimes } = create();
    let failLate = (): void => {};
    const late = breaker.run(() => new Promise((_, reject) => (failLate = () => reject(down))));
    await failTimes(5);
    clock.advance(60_000);

    failLate();
    await late.catch(() => {});

    expect(breaker.status().state).toBe('half_open');
  });

  it('counts timeouts; cancellations, misuse and invalid data do not count and free their probe', async () => {
    const { clock, breaker, failWith, failTimes } = create({
      failureThreshold: 1,
      successThreshold: 1,
    });
    const cancelled = new CommandCancelledError('ask', 'gone');
    await failWith(cancelled);
    await failWith(new DOMException('stopped', 'AbortError'));
    await failWith(new InvalidMessageError('command', 'ask', []));
    expect(breaker.status().state).toBe('closed');

    await failTimes(1);
    clock.advance(60_000);
    await failWith(cancelled);
    expect(breaker.status()).toMatchObject({ state: 'half_open', probes: 0 });
    await failWith(new DOMException('too slow', 'TimeoutError'));

    expect(breaker.status().state).toBe('open');
  });

  it('opens by the share of failures once there were enough calls', async () => {
    const { breaker, succeed, failTimes } = create({ failureRate: 0.5, minimumCalls: 10 });

    await failTimes(4);
    for (let call = 0; call < 5; call++) await succeed();
    expect(breaker.status().state).toBe('closed');
    await failTimes(1);

    expect(breaker.status()).toMatchObject({ state: 'open', failures: 5 });
  });

  it('lets the share of failures slide', async () => {
    const { clock, breaker, succeed, failTimes } = create({
      failureRate: 0.5,
      minimumCalls: 4,
      windowMs: 1_000,
    });

    await failTimes(3);
    clock.advance(1_000);
    for (let call = 0; call < 4; call++) await succeed();
    await failTimes(1);

    expect(breaker.status()).toMatchObject({ state: 'closed', failures: 1 });
  });

  it('forgets the share when it closes, also in the first minute of the process', async () => {
    const { clock, breaker, failTimes } = create({ failureRate: 0.5, minimumCalls: 2 });
    await failTimes(2);

    breaker.close();
    clock.advance(10_000);
    await failTimes(1);

    expect(breaker.status()).toMatchObject({ state: 'closed', failures: 1 });
  });

  it('counts no success of an earlier state in the share', async () => {
    const { breaker, failTimes } = create({ failureRate: 0.5, minimumCalls: 2 });
    const finish: (() => void)[] = [];
    const early = Array.from({ length: 10 }, () =>
      breaker.run(() => new Promise<void>((resolve) => finish.push(resolve))),
    );
    breaker.isolate();
    breaker.close();

    for (const resolve of finish) resolve();
    await Promise.all(early);
    await failTimes(2);

    expect(breaker.status().state).toBe('open');
  });

  it('refuses everything while isolated by hand, until it is closed by hand', async () => {
    const { clock, breaker, succeed } = create();

    breaker.isolate();
    clock.advance(10_000_000);
    await expect(succeed()).rejects.toMatchObject({ retryAfterMs: undefined });
    expect(breaker.status().state).toBe('isolated');
    breaker.close();

    expect(await succeed()).toBe('fine');
  });

  it('reports every transition with from, to and cause', async () => {
    const { clock, breaker, succeed, failTimes, recorded } = create({ successThreshold: 1 });
    await failTimes(5);
    clock.advance(60_000);
    await succeed();
    breaker.isolate();
    breaker.close();
    breaker.close();

    expect(
      recorded
        .of('circuit.changed')
        .map(({ breaker: key, from, to, cause }) => [key, from, to, cause]),
    ).toEqual([
      ['model', 'closed', 'open', 'too many failures'],
      ['model', 'open', 'half_open', 'recovery time is over'],
      ['model', 'half_open', 'closed', 'probes succeeded'],
      ['model', 'closed', 'isolated', 'isolated by hand'],
      ['model', 'isolated', 'closed', 'closed by hand'],
    ]);
  });

  it('counts a failure when isFailure throws, and reports that', async () => {
    const { breaker, failTimes, recorded } = create({
      failureThreshold: 1,
      isFailure: () => {
        throw new Error('broken');
      },
    });

    await failTimes(1);

    expect(breaker.status().state).toBe('open');
    expect(recorded.of('callback.failed')).toMatchObject([{ callback: 'isFailure' }]);
  });

  it('is untouched when the wall clock jumps', async () => {
    const { clock, breaker, failTimes } = create();
    await failTimes(5);

    clock.setNow(9e12);

    expect(breaker.status()).toMatchObject({ state: 'open', retryAfterMs: 60_000 });
  });

  it('is not disturbed by an observer that throws', async () => {
    const signals = createSignalHub();
    signals.add({
      observe: () => {
        throw new Error('observer');
      },
    });
    const breaker = circuitBreaker({ failureThreshold: 1, signals });

    await breaker.run(() => Promise.reject(down)).catch(() => {});

    expect(breaker.status().state).toBe('open');
  });

  it('says what failed last', async () => {
    const { breaker, failTimes, clock } = create();
    await failTimes(1);

    expect(breaker.status().lastFailure).toMatchObject({
      at: clock.now(),
      error: { message: 'down' },
    });
  });

  it('refuses every option out of range, all at once', () => {
    const wrong = {
      failureThreshold: 0,
      failureRate: 1.5,
      minimumCalls: 0.5,
      windowMs: 0,
      recoveryTimeoutMs: Number.NaN,
      successThreshold: -1,
      isFailure: 'no' as never,
    };

    expect(() => circuitBreaker(wrong)).toThrowError(
      /failureThreshold.*failureRate.*minimumCalls.*windowMs.*recoveryTimeoutMs.*successThreshold.*isFailure/,
    );
  });
});

type ModelOptions = Record<
  'failureThreshold' | 'windowMs' | 'recoveryTimeoutMs' | 'successThreshold' | 'minimumCalls',
  number
> & { readonly failureRate: number | undefined };

/** The breaker again, slowly: it keeps everything that happened and decides by looking it through. */
class Model {
  readonly #options: ModelOptions;
  state = 'closed';
  /** What happened while closed. */
  #outcomes: { readonly at: number; readonly failed: boolean }[] = [];
  #openUntil = 0;
  #epoch = 0;
  #successes = 0;
  #probes: { call: number; startedAt: number }[] = [];
  readonly #epochOf = new Map<number, number>();

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  at(now: number): void {
    for (let changed = true; changed;) {
      changed = false;
      if (this.state === 'open' && now >= this.#openUntil) {
        this.state = 'half_open';
        this.#epoch++;
        this.#successes = 0;
        this.#probes = [];
        changed = true;
      } else if (this.state === 'half_open') {
        const lapses = this.#probes.map(
          ({ startedAt }) => startedAt + this.#options.recoveryTimeoutMs,
        );
        const first = Math.min(...lapses);
        if (lapses.length > 0 && now >= first) {
          this.#open(first);
          changed = true;
        }
      }
    }
  }

  enter(call: number, now: number): boolean {
    this.at(now);
    const admitted =
      this.state === 'closed' ||
      (this.state === 'half_open' &&
        this.#successes + this.#probes.length < this.#options.successThreshold);
    if (!admitted) return false;
    if (this.state === 'half_open') this.#probes.push({ call, startedAt: now });
    this.#epochOf.set(call, this.#epoch);
    return true;
  }

  settle(call: number, how: 'succeed' | 'fail' | 'cancel', now: number): void {
    this.at(now);
    if (this.#epochOf.get(call) !== this.#epoch) return;
    this.#probes = this.#probes.filter((probe) => probe.call !== call);
    if (this.state === 'closed' && how !== 'cancel') {
      this.#outcomes.push({ at: now, failed: how === 'fail' });
      if (how === 'fail' && this.#areTooMany(now)) this.#open(now);
    } else if (this.state === 'half_open') {
      if (how === 'fail') this.#open(now);
      if (how === 'succeed' && ++this.#successes >= this.#options.successThreshold) this.close();
    }
  }

  close(): void {
    this.state = 'closed';
    this.#epoch++;
    this.#outcomes = [];
    this.#probes = [];
  }

  isolate(): void {
    this.state = 'isolated';
    this.#epoch++;
  }

  #areTooMany(now: number): boolean {
    const { failureThreshold, windowMs, failureRate, minimumCalls } = this.#options;
    if (failureRate === undefined) {
      const recent = this.#outcomes.filter(({ at, failed }) => failed && now - at < windowMs);
      return recent.length >= failureThreshold;
    }
    const slotOf = (at: number): number => Math.floor(at / (windowMs / 10));
    const recent = this.#outcomes.filter(({ at }) => slotOf(at) > slotOf(now) - 10);
    const failures = recent.filter(({ failed }) => failed).length;
    return recent.length >= minimumCalls && failures / recent.length >= failureRate;
  }

  #open(now: number): void {
    this.state = 'open';
    this.#epoch++;
    this.#openUntil = now + this.#options.recoveryTimeoutMs;
    this.#probes = [];
  }
}

describe('circuitBreaker against a model of itself (9.2)', () => {
  const settles = fc.record({
    do: fc.constantFrom('succeed' as const, 'fail' as const, 'cancel' as const),
    which: fc.nat(8),
  });
  const step = fc.oneof(
    { arbitrary: fc.constant({ do: 'enter' as const }), weight: 6 },
    { arbitrary: settles, weight: 8 },
    { arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(120) }), weight: 3 },
    { arbitrary: fc.constantFrom({ do: 'isolate' as const }, { do: 'close' as const }), weight: 1 },
  );
  const settings = fc.record({
    failureThreshold: fc.integer({ min: 1, max: 4 }),
    windowMs: fc.integer({ min: 50, max: 1_500 }),
    recoveryTimeoutMs: fc.integer({ min: 20, max: 200 }),
    successThreshold: fc.integer({ min: 1, max: 4 }),
    failureRate: fc.constantFrom(undefined, 0.3, 0.5, 1),
    minimumCalls: fc.integer({ min: 1, max: 4 }),
  });

  it('decides as the model does, over 10,000 random histories', () => {
    fc.assert(
      fc.property(settings, fc.array(step, { maxLength: 60 }), (options, history) => {
        const clock: FakeClock = createFakeClock();
        const breaker = new PermittingCircuitBreaker('m', options, {
          clock,
          signals: createSignalHub({ clock }),
        });
        const model = new Model(options);
        const running: { call: number; permit: Permit }[] = [];
        let calls = 0;

        for (const next of history) {
          const now = clock.monotonic();
          if (next.do === 'wait') clock.advance(next.ms);
          else if (next.do === 'isolate' || next.do === 'close') {
            model.at(now);
            model[next.do]();
            breaker[next.do]();
          } else if (next.do === 'enter') {
            const permit = breaker.enter();
            expect(permit !== undefined).toBe(model.enter(++calls, now));
            if (permit) running.push({ call: calls, permit });
          } else {
            const [settled] = running.splice(next.which % Math.max(running.length, 1), 1);
            if (!settled) continue;
            model.settle(settled.call, next.do, now);
            if (next.do === 'succeed') breaker.succeeded(settled.permit);
            else if (next.do === 'fail') breaker.failed(settled.permit, down);
            else breaker.released(settled.permit);
          }
          model.at(clock.monotonic());
          expect(breaker.status().state).toBe(model.state);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
