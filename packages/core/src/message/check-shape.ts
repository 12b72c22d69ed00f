import type { StandardSchemaV1 } from '@standard-schema/spec';
import { InvalidOptionsError } from '../errors.ts';

/** The type of `anyEvent`, and of nothing else. */
export const ANY_TYPE = '*';

const optionsOf = {
  command: ['data', 'result', 'retry', 'version', 'upcast'],
  event: ['data', 'lossy', 'lane', 'version', 'upcast'],
} as const;

/** What may be wrong with a shape: it may come from plain JavaScript. */
type GivenShape = { readonly [Name in (typeof optionsOf)['command' | 'event'][number]]?: unknown };

/** @throws InvalidOptionsError with all problems at once */
export function checkShape(kind: 'command' | 'event', type: string, given: object): void {
  const shape: GivenShape = given ?? {};
  const problems = [
    ...typeProblems(type),
    ...schemaProblems(shape),
    ...versionProblems(shape),
    ...kindProblems(shape),
    ...unknownOptions(kind, shape),
  ];
  if (problems.length > 0) throw new InvalidOptionsError(`define ${kind} '${type}'`, problems);
}

function* typeProblems(type: unknown): Generator<string> {
  if (typeof type !== 'string' || type === '') yield 'the type must be a non-empty string';
  if (type === ANY_TYPE) yield `the type '${ANY_TYPE}' stands for every event, see anyEvent`;
}

function* schemaProblems({ data, result }: GivenShape): Generator<string> {
  const expected = 'must be a Standard Schema, e.g. of zod, or typeOnly<T>()';
  if (!isStandardSchema(data)) yield `data ${expected}`;
  if (result !== undefined && !isStandardSchema(result)) yield `result ${expected}`;
}

function* versionProblems({ version = 1, upcast = {} }: GivenShape): Generator<string> {
  if (!(Number.isInteger(version) && (version as number) >= 1)) {
    yield `version must be a whole number from 1, got ${String(version)}`;
  }
  if (typeof upcast !== 'object' || upcast === null) {
    yield `upcast must be an object, got ${String(upcast)}`;
    return;
  }
  for (const [from, raise] of Object.entries(upcast)) {
    if (!(Number(from) >= 1 && Number(from) < Number(version))) {
      yield `upcast from version ${from} leads to no version up to ${String(version)}`;
    }
    if (typeof raise !== 'function') yield `upcast from version ${from} must be a function`;
  }
}

function* kindProblems({ retry, lossy, lane = 'session' }: GivenShape): Generator<string> {
  for (const [name, value] of Object.entries({ retry, lossy })) {
    if (value === undefined || typeof value === 'boolean') continue;
    yield `${name} must be a boolean, got ${typeof value === 'string' ? `'${value}'` : JSON.stringify(value)}`;
  }
  if (lane !== 'session' && lane !== 'none' && typeof lane !== 'function') {
    yield "lane must be 'session', 'none' or a function";
  }
}

function* unknownOptions(kind: 'command' | 'event', shape: GivenShape): Generator<string> {
  for (const name of Object.keys(shape)) {
    if (!(optionsOf[kind] as readonly string[]).includes(name)) yield `unknown option ${name}`;
  }
}

function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  const standard = (value as { '~standard'?: { validate?: unknown } })['~standard'];
  return typeof standard?.validate === 'function';
}
