import { createOptionChecker, type EventFilter, type OptionNames } from '@llmgine/core';
import type { FilterOptions } from './filter-options.ts';
import { createGlob } from './glob.ts';
import { checkMembership, type Membership } from './membership.ts';

/** Which types of event pass, by patterns on the type: globs such as `chat.*`, or regular expressions. */
export interface PatternFilterOptions extends Membership<string | RegExp>, FilterOptions {
  /**
   * Globs tell capital letters from small ones. A regular expression says so with its own flag.
   * @default false
   */
  readonly caseSensitive?: boolean | undefined;
}

type Match = (type: string) => boolean;

const optionNames: OptionNames<PatternFilterOptions> = {
  include: true,
  exclude: true,
  caseSensitive: true,
  busEvents: true,
};

/**
 * Makes a filter that lets events through whose type fits a pattern. Strings are globs, never regular expressions.
 * @throws InvalidOptionsError
 */
export function patternFilter(options: PatternFilterOptions): EventFilter {
  const check = createOptionChecker('create pattern filter');
  const checked = check.options(options, optionNames);
  checkMembership(check, checked, {
    fits: (pattern) => pattern instanceof RegExp || (typeof pattern === 'string' && pattern !== ''),
    expected: 'globs or regular expressions',
  });
  check.boolean('caseSensitive', checked.caseSensitive);
  check.boolean('busEvents', checked.busEvents);
  check.done();

  const toMatch = createMatcher(options.caseSensitive ?? false);
  const included = options.include?.map(toMatch);
  const excluded = (options.exclude ?? []).map(toMatch);

  return {
    name: 'pattern',
    busEvents: options.busEvents ?? false,
    accepts: ({ type }) =>
      !excluded.some((matches) => matches(type)) &&
      (included === undefined || included.some((matches) => matches(type))),
  };
}

function createMatcher(caseSensitive: boolean): (pattern: string | RegExp) => Match {
  return (pattern) => {
    if (pattern instanceof RegExp) {
      // With these two flags an expression remembers where it was and alternates its answers.
      const stateless = new RegExp(pattern.source, pattern.flags.replaceAll(/[gy]/g, ''));
      return (type) => stateless.test(type);
    }
    if (caseSensitive) return createGlob(pattern);
    const matches = createGlob(pattern.toLowerCase());
    return (type) => matches(type.toLowerCase());
  };
}
