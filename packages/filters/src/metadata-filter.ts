import { createOptionChecker, type EventFilter, type OptionNames } from '@llmgine/core';
import type { FilterOptions } from './filter-options.ts';

/** What an event's metadata must have. Everything given must hold. */
export interface MetadataFilterOptions extends FilterOptions {
  /** Keys that must be there, with whatever value. */
  readonly requiredKeys?: readonly string[] | undefined;
  /** Values that must be there; objects are compared by content. */
  readonly requiredValues?: Readonly<Record<string, unknown>> | undefined;
}

const optionNames: OptionNames<MetadataFilterOptions> = {
  requiredKeys: true,
  requiredValues: true,
  busEvents: true,
};

/**
 * Makes a filter that lets events with some metadata through.
 * @throws InvalidOptionsError
 */
export function metadataFilter(options: MetadataFilterOptions): EventFilter {
  checkOptions(options);
  // Imported, node:util would cost everybody who imports any filter 2.5 MB and a third of the time.
  const { isDeepStrictEqual } = process.getBuiltinModule('node:util');
  const keys = options.requiredKeys ?? [];
  const values = Object.entries(options.requiredValues ?? {});

  return {
    name: 'metadata',
    busEvents: options.busEvents ?? false,
    accepts: ({ metadata }) =>
      keys.every((key) => Object.hasOwn(metadata, key)) &&
      values.every(
        ([key, value]) => Object.hasOwn(metadata, key) && isDeepStrictEqual(metadata[key], value),
      ),
  };
}

function checkOptions(given: MetadataFilterOptions): void {
  const check = createOptionChecker('create metadata filter');
  const { requiredKeys, requiredValues, busEvents } = check.options(given, optionNames);
  check.require(
    requiredKeys !== undefined || requiredValues !== undefined,
    'requiredKeys or requiredValues must be given',
  );
  check.require(
    requiredKeys === undefined ||
      (Array.isArray(requiredKeys) && requiredKeys.every((key) => typeof key === 'string')),
    'requiredKeys must be a list of strings',
  );
  check.require(
    requiredValues === undefined || (typeof requiredValues === 'object' && requiredValues !== null),
    'requiredValues must be an object',
  );
  check.boolean('busEvents', busEvents);
  check.done();
}
