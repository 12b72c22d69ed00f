import {
  createOptionChecker,
  type EventFilter,
  type OptionNames,
  type SessionId,
} from '@llmgine/core';
import type { FilterOptions } from './filter-options.ts';
import { checkMembership, createMembershipTest, type Membership } from './membership.ts';

/** Which sessions' events pass. */
export interface SessionFilterOptions extends Membership<SessionId>, FilterOptions {}

const optionNames: OptionNames<SessionFilterOptions> = {
  include: true,
  exclude: true,
  busEvents: true,
};

/**
 * Makes a filter that lets events of some sessions through.
 * @throws InvalidOptionsError
 */
export function sessionFilter(options: SessionFilterOptions): EventFilter {
  const check = createOptionChecker('create session filter');
  const checked = check.options(options, optionNames);
  checkMembership(check, checked, {
    fits: (id) => typeof id === 'string' && (id as string) !== '',
    expected: 'non-empty session ids',
  });
  check.boolean('busEvents', checked.busEvents);
  check.done();
  const passes = createMembershipTest(options);

  return {
    name: 'session',
    busEvents: options.busEvents ?? false,
    accepts: ({ sessionId }) => passes(sessionId),
  };
}
