import { InvalidOptionsError } from '@llmgine/core';
import {
  bulkhead,
  circuitBreaker,
  createBoundedEventQueue,
  createResilientMessageBus,
  rateLimiter,
  resiliencePipeline,
  retry,
  timeout,
} from '@llmgine/resilience';
import { describe, expect, it } from 'vitest';

const factories: Record<string, (options: never) => unknown> = {
  bulkhead,
  circuitBreaker,
  createBoundedEventQueue,
  createResilientMessageBus,
  rateLimiter,
  resiliencePipeline,
  retry: (options) => retry(() => 1, options),
  timeout,
};

describe.each(Object.entries(factories))('%s', (_, create) => {
  it.each([null, 3, 'x', []])('refuses %j as options', (wrong) => {
    expect(() => create(wrong as never)).toThrowError(InvalidOptionsError);
    expect(() => create(wrong as never)).toThrowError(/options must be an object/);
  });

  it('refuses a misspelt option', () => {
    expect(() => create({ maxRetrys: 1 } as never)).toThrowError(InvalidOptionsError);
    expect(() => create({ maxRetrys: 1 } as never)).toThrowError(
      /maxRetrys is no option, there are /,
    );
  });
});

describe('parts that need to be told something', () => {
  it.each([
    ['bulkhead', /maxConcurrent must be given/],
    ['rateLimiter', /requestsPerMinute or tokensPerMinute must be given/],
    ['timeout', /timeoutMs must be given/],
  ])('%s says what is missing', (name, problem) => {
    expect(() => factories[name]!(undefined as never)).toThrowError(problem);
  });
});

describe('createResilientMessageBus', () => {
  it('refuses misspelt options at any depth, all at once', () => {
    const wrong = {
      eventQueSize: 3,
      retry: { maxRetrys: 3, budget: { rate: 1 }, policies: [{ when: 'x', do: 'fail' }] },
      circuitBreaker: { treshold: 1 },
      bulkhead: { maxConcurrent: 1, max: 2 },
      rateLimiter: null,
      events: { retry: { delay: 1 }, again: true },
      batch: { sise: 1 },
    };
    const names = [
      'eventQueSize',
      'retry.maxRetrys',
      'retry.policies[0].do',
      'retry.budget.rate',
      'circuitBreaker.treshold',
      'bulkhead.max',
      'events.again',
      'events.retry.delay',
    ];

    const attempt = () => createResilientMessageBus(wrong as never);

    for (const name of names) expect(attempt).toThrowError(`${name} is no option`);
    expect(attempt).toThrowError('rateLimiter must be an object, got null');
  });

  it('takes every option of a bus', () => {
    expect(() =>
      createResilientMessageBus({ concurrency: 2, errorHistory: 1, batch: { size: 1 } }),
    ).not.toThrowError();
  });
});
