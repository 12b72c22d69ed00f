import {
  createOptionChecker,
  isBusEventType,
  toError,
  type EventFilter,
  type EventMessage,
  type OptionNames,
} from '@llmgine/core';

/** How several filters decide together. */
export interface CompositeFilterOptions {
  /**
   * Whether all filters must accept an event, or one is enough.
   * @default 'all'
   */
  readonly require?: 'all' | 'any' | undefined;
}

const optionNames: OptionNames<CompositeFilterOptions> = { require: true };

/**
 * Makes one filter of several. They are asked in order, and no further than needed: a rate limit behind a type filter
 * spends nothing on events that the type filter refuses.
 * @throws InvalidOptionsError
 */
export function compositeFilter(
  filters: readonly EventFilter[],
  options: CompositeFilterOptions = {},
): EventFilter {
  checkOptions(filters, options);
  const { require: required = 'all' } = options;
  const busEventFilters = filters.filter(({ busEvents }) => busEvents);
  const decide = required === 'all' ? allAccept : anyAccepts;

  return {
    name: `${required} of ${filters.map(({ name }) => name).join(', ')}`,
    busEvents: busEventFilters.length > 0,
    accepts: (event) => decide(isBusEventType(event.type) ? busEventFilters : filters, event),
  };
}

/** A filter that throws refuses nothing; its error goes on to be reported unless another one refuses. */
function allAccept(filters: readonly EventFilter[], event: EventMessage): boolean {
  let failure: Error | undefined;
  for (const filter of filters) {
    try {
      if (!filter.accepts(event)) return false;
    } catch (thrown) {
      failure ??= toError(thrown);
    }
  }
  if (failure) throw failure;
  return true;
}

function anyAccepts(filters: readonly EventFilter[], event: EventMessage): boolean {
  return filters.length === 0 || filters.some((filter) => filter.accepts(event));
}

function checkOptions(filters: readonly EventFilter[], given: CompositeFilterOptions): void {
  const check = createOptionChecker('create composite filter');
  const { require: required } = check.options(given, optionNames);
  const listed = Array.isArray(filters);
  check.require(listed && filters.length > 0, 'filters must be a list of at least one filter');
  check.require(
    !listed || filters.every((filter) => typeof filter?.accepts === 'function'),
    'every filter must have a method accepts',
  );
  check.oneOf('require', required, ['all', 'any']);
  check.done();
}
