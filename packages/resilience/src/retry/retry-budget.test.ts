import { createFakeClock } from '@llmgine/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

function take(budget: RetryBudget, times: number): number {
  let taken = 0;
  for (let time = 0; time < times; time++) if (budget.tryTake()) taken++;
  return taken;
}

describe('RetryBudget (9.1)', () => {
  it('always allows the floor, counted over ten seconds', () => {
    const budget = new RetryBudget({ minPerSecond: 2 }, createFakeClock());

    expect(take(budget, 100)).toBe(20);
  });

  it('allows a share of the calls', () => {
    const clock = createFakeClock();
    const budget = new RetryBudget({ minPerSecond: 0 }, clock);
    clock.advance(5_000);
    budget.calls += 1_000;

    expect(take(budget, 1_000)).toBe(200);
  });

  it('forgets calls and retries of more than ten seconds ago', () => {
    const clock = createFakeClock();
    const budget = new RetryBudget({ minPerSecond: 0 }, clock);
    budget.calls += 1_000;
    take(budget, 1_000);

    clock.advance(11_000);
    expect(take(budget, 10)).toBe(0);
    budget.calls += 100;

    expect(take(budget, 1_000)).toBe(20);
  });

  it('never allows more than floor or share of the calls, over random histories', () => {
    const steps = fc.array(
      fc.record({ waitMs: fc.nat(2_000), calls: fc.nat(200), retries: fc.nat(200) }),
      { maxLength: 30 },
    );

    fc.assert(
      fc.property(
        steps,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(5),
        (history, ratio, minPerSecond) => {
          const clock = createFakeClock();
          const budget = new RetryBudget({ ratio, minPerSecond }, clock);
          let calls = 0;
          const retriedAt: number[] = [];

          for (const step of history) {
            clock.advance(step.waitMs);
            calls += step.calls;
            budget.calls += step.calls;
            for (let retry = 0; retry < step.retries; retry++) {
              if (budget.tryTake()) retriedAt.push(clock.monotonic());
            }
            const recent = retriedAt.filter((at) => clock.monotonic() - at < 9_000).length;
            expect(recent).toBeLessThanOrEqual(Math.max(minPerSecond * 10, ratio * calls) + 1e-9);
          }
        },
      ),
    );
  });
});
