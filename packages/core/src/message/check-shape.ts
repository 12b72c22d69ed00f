import type { StandardSchemaV1 } from '@standard-schema/spec';
import { createOptionChecker, type OptionChecker } from '../option-checker.ts';

/** The type of `anyEvent`, and of nothing else. */
export const ANY_TYPE = '*';

const optionNames = {
  command: { data: true, result: true, retry: true, version: true, upcast: true },
  event: { data: true, lossy: true, lane: true, version: true, upcast: true },
} as const;

/** What may be wrong with a shape: it may come from plain JavaScript. */
type GivenShape = { [Name in keyof (typeof optionNames)['command' | 'event']]?: unknown } & {
  readonly [Name in 'result' | 'retry' | 'lossy' | 'lane']?: unknown;
};

/** @throws InvalidOptionsError with all problems at once */
export function checkShape(kind: 'command' | 'event', type: string, given: object): void {
  const check = createOptionChecker(`define ${kind} '${type}'`);
  const shape: GivenShape = check.options(given, optionNames[kind]);
  const { data, result = data, retry, lossy, lane = 'session' } = shape;
  const schema = 'must be a Standard Schema, e.g. of zod, or typeOnly<T>()';
  check.require(typeof type === 'string' && type !== '', 'the type must be a non-empty string');
  check.require(type !== ANY_TYPE, `the type '${ANY_TYPE}' stands for every event, see anyEvent`);
  check.require(isStandardSchema(data), `data ${schema}`);
  check.require(result === data || isStandardSchema(result), `result ${schema}`);
  check.boolean('retry', retry);
  check.boolean('lossy', lossy);
  check.require(
    lane === 'session' || lane === 'none' || typeof lane === 'function',
    "lane must be 'session', 'none' or a function",
  );
  checkVersions(check, shape);
  check.done();
}

function checkVersions(check: OptionChecker, { version = 1, upcast = {} }: GivenShape): void {
  check.number('version', version, { min: 1, integer: true });
  check.require(typeof upcast === 'object' && upcast !== null, 'upcast must be an object');
  for (const [from, raise] of Object.entries(Object(upcast))) {
    const fits = Number(from) >= 1 && Number(from) < Number(version);
    check.require(fits, `upcast from version ${from} leads to no version up to ${String(version)}`);
    check.function(`upcast from version ${from}`, raise ?? null);
  }
}

function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  const standard = (value as { '~standard'?: { validate?: unknown } })['~standard'];
  return typeof standard?.validate === 'function';
}
