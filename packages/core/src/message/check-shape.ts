import type { StandardSchemaV1 } from '@standard-schema/spec';
import { InvalidOptionsError } from '../errors.ts';

/** The type of `anyEvent`, and of nothing else. */
export const ANY_TYPE = '*';

/** @throws InvalidOptionsError with all problems at once */
export function checkShape(
  kind: 'command' | 'event',
  type: string,
  shape: {
    readonly data?: unknown;
    readonly lane?: unknown;
    readonly version?: number;
    readonly upcast?: object;
  },
): void {
  const problems: string[] = [];
  if (typeof type !== 'string' || type === '') problems.push('the type must be a non-empty string');
  if (type === ANY_TYPE)
    problems.push(`the type '${ANY_TYPE}' stands for every event, see anyEvent`);
  if (!isStandardSchema(shape?.data)) {
    problems.push('data must be a Standard Schema, e.g. of zod, or typeOnly<T>()');
  }
  const version = shape?.version ?? 1;
  if (!Number.isInteger(version) || version < 1) {
    problems.push(`version must be a whole number from 1, got ${String(version)}`);
  }
  for (const from of Object.keys(shape?.upcast ?? {})) {
    if (!(Number(from) >= 1 && Number(from) < version)) {
      problems.push(`upcast from version ${from} leads to no version up to ${String(version)}`);
    }
  }
  const lane = shape?.lane ?? 'session';
  if (lane !== 'session' && lane !== 'none' && typeof lane !== 'function') {
    problems.push("lane must be 'session', 'none' or a function");
  }
  if (problems.length > 0) throw new InvalidOptionsError(`define ${kind} '${type}'`, problems);
}

function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  const standard = (value as { '~standard'?: { validate?: unknown } })['~standard'];
  return typeof standard?.validate === 'function';
}
