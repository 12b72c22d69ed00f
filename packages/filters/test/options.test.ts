import { InvalidOptionsError } from '@llmgine/core';
import {
  compositeFilter,
  debugFilter,
  eventTypeFilter,
  metadataFilter,
  patternFilter,
  rateLimitFilter,
  sessionFilter,
} from '@llmgine/filters';
import { describe, expect, it } from 'vitest';

const factories: Record<string, (options: never) => unknown> = {
  compositeFilter: (options) => compositeFilter([debugFilter()], options),
  debugFilter,
  eventTypeFilter,
  metadataFilter,
  patternFilter,
  rateLimitFilter,
  sessionFilter,
};

describe.each(Object.entries(factories))('%s', (_, create) => {
  it.each([null, 3, 'x', []])('refuses %j as options', (wrong) => {
    expect(() => create(wrong as never)).toThrowError(InvalidOptionsError);
    expect(() => create(wrong as never)).toThrowError(/options must be an object/);
  });

  it('refuses a misspelt option together with what else is wrong', () => {
    const wrong = { includes: 1, busEvents: 1, require: 'none' };

    expect(() => create(wrong as never)).toThrowError(/includes is no option, there are .*; .*/);
  });
});

describe('filters that need to be told something', () => {
  it.each([
    ['sessionFilter', /include or exclude must be given/],
    ['eventTypeFilter', /include or exclude must be given/],
    ['patternFilter', /include or exclude must be given/],
    ['metadataFilter', /requiredKeys or requiredValues must be given/],
    ['rateLimitFilter', /maxPerSecond must be given/],
  ])('%s says what is missing', (name, problem) => {
    expect(() => factories[name]!(undefined as never)).toThrowError(InvalidOptionsError);
    expect(() => factories[name]!(undefined as never)).toThrowError(problem);
  });
});
