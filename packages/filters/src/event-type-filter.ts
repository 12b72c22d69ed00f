import {
  createOptionChecker,
  type EventDefinition,
  type EventFilter,
  type OptionNames,
} from '@llmgine/core';
import type { FilterOptions } from './filter-options.ts';
import { checkMembership, createMembershipTest, type Membership } from './membership.ts';

/** Which types of event pass, by definition or by the type's name. */
export interface EventTypeFilterOptions
  extends Membership<EventDefinition | string>, FilterOptions {}

const optionNames: OptionNames<EventTypeFilterOptions> = {
  include: true,
  exclude: true,
  busEvents: true,
};

/**
 * Makes a filter that lets events of some types through.
 * @throws InvalidOptionsError
 */
export function eventTypeFilter(options: EventTypeFilterOptions): EventFilter {
  const check = createOptionChecker('create event-type filter');
  const checked = check.options(options, optionNames);
  checkMembership(check, checked, {
    fits: (item) => typeof typeOf(item) === 'string' && typeOf(item) !== '',
    expected: 'event definitions or type names',
  });
  check.boolean('busEvents', checked.busEvents);
  check.done();
  const passes = createMembershipTest({
    include: options.include?.map(typeOf),
    exclude: options.exclude?.map(typeOf),
  });

  return {
    name: 'eventType',
    busEvents: options.busEvents ?? false,
    accepts: ({ type }) => passes(type),
  };
}

function typeOf(item: EventDefinition | string): string {
  return typeof item === 'string' ? item : item?.type;
}
