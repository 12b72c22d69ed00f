import type { StandardSchemaV1 } from '@standard-schema/spec';

/** Marks the schema that checks nothing, so that making a message can skip it. */
export const uncheckedVendor = 'llmgine-type-only';

/** Makes a schema that trusts the compiler: it gives messages a type and checks nothing at run time. */
export function typeOnly<T>(): StandardSchemaV1<T, T> {
  return {
    '~standard': {
      version: 1,
      vendor: uncheckedVendor,
      validate: (value) => ({ value: value as T }),
    },
  };
}
