import { InvalidOptionsError } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import { budget } from './budget.ts';
import { BudgetExceededError } from './errors.ts';
import { addUsage, costOf } from './usage.ts';

describe('budget', () => {
  it('14.7 reserves before a call and settles after it', () => {
    const allowance = budget({ maxTokens: 100 });

    const reservation = allowance.reserve(60);

    expect(() => allowance.reserve(60)).toThrow(BudgetExceededError);
    reservation.settle({ inputTokens: 10, outputTokens: 5, totalTokens: 15 });
    expect(() => allowance.reserve(60)).not.toThrow();
    expect(allowance.usage.totalTokens).toBe(15);
  });

  it('14.7 fails closed when a call did not say what it used', () => {
    const allowance = budget({ maxTokens: 100 });

    allowance.reserve().settle({});

    expect(() => allowance.reserve()).toThrow(
      expect.objectContaining({ limit: 'maxTokens', used: undefined }),
    );
  });

  it('fails closed on cost, too', () => {
    const allowance = budget({ maxCost: 1 });

    allowance.reserve().settle({ totalTokens: 5 });

    expect(() => allowance.reserve()).toThrow(expect.objectContaining({ limit: 'maxCost' }));
  });

  it('counts calls, and gives a place back that was not used', () => {
    const allowance = budget({ maxCalls: 1 });

    allowance.reserve().release();
    allowance.reserve();

    expect(() => allowance.reserve()).toThrow(expect.objectContaining({ limit: 'maxCalls' }));
  });

  it('ends with its time', () => {
    const clock = createFakeClock();
    const allowance = budget({ maxMs: 1_000, clock });

    clock.advance(1_000);

    expect(() => allowance.reserve()).toThrow(expect.objectContaining({ limit: 'maxMs' }));
  });

  it('names all problems of its options at once', () => {
    expect(() => budget({ maxTokens: 0, maxCost: -1 })).toThrow(InvalidOptionsError);
    expect(() => budget({ maxTokens: 0, maxCost: -1 })).toThrow(/maxTokens.*maxCost/);
  });
});

describe('addUsage', () => {
  it('14.7 never takes unknown for 0', () => {
    expect(addUsage({ inputTokens: 1, outputTokens: 2 }, { inputTokens: 3 })).toEqual({
      inputTokens: 4,
    });
  });

  it('takes details that one call lacks from the other', () => {
    expect(addUsage({ inputTokens: 1 }, { inputTokens: 1, cacheReadTokens: 5 })).toEqual({
      inputTokens: 2,
      cacheReadTokens: 5,
    });
  });
});

describe('costOf', () => {
  it('prices cached tokens apart', () => {
    const cost = costOf(
      { inputTokens: 1_000_000, outputTokens: 1_000_000, cacheReadTokens: 500_000 },
      { input: 2, output: 10, cacheRead: 1 },
    );

    expect(cost).toBe(1 + 0.5 + 10);
  });

  it('is unknown when the tokens are', () => {
    expect(costOf({ inputTokens: 1 }, { input: 2, output: 10 })).toBeUndefined();
  });
});
