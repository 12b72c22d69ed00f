import { InvalidOptionsError } from '@llmgine/core';
import {
  loggingMiddleware,
  rateLimitMiddleware,
  retryMiddleware,
  timingMiddleware,
  validationMiddleware,
} from '@llmgine/middleware';
import { describe, expect, it } from 'vitest';

const factories: Record<string, (options: never) => unknown> = {
  loggingMiddleware,
  rateLimitMiddleware,
  retryMiddleware,
  timingMiddleware,
  validationMiddleware,
};

describe.each(Object.entries(factories))('%s', (_, create) => {
  it.each([null, 3, 'x', []])('refuses %j as options', (wrong) => {
    expect(() => create(wrong as never)).toThrowError(InvalidOptionsError);
    expect(() => create(wrong as never)).toThrowError(/options must be an object/);
  });

  it('refuses a misspelt option together with what else is wrong', () => {
    const wrong = { clocks: 1, maxPerSecond: 0, clock: {}, sessionId: 1 };

    expect(() => create(wrong as never)).toThrowError(/clocks is no option, there are .*; .*/);
  });
});

describe('rateLimitMiddleware without options', () => {
  it('says what must be given', () => {
    expect(() => rateLimitMiddleware(undefined as never)).toThrowError(
      'Cannot create rate-limit middleware: maxPerSecond must be given.',
    );
  });
});
