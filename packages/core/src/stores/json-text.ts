import { NotJsonSafeError } from '../errors.ts';

/**
 * Serialises data for a store, refusing what JSON would change. A property that is `undefined` counts as absent.
 * @throws NotJsonSafeError
 */
export function toJsonText(what: string, value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown);
    throw new NotJsonSafeError(what, '', `is no JSON (${reason})`);
  }
  // JSON.stringify got through, so the data has no cycles and is not too deep to walk.
  const problem = findProblem(value);
  if (problem)
    throw new NotJsonSafeError(what, problem.path.toReversed().join('.'), problem.reason);
  return text;
}

interface Problem {
  readonly reason: string;
  /** Keys from the inside out. */
  readonly path: string[];
}

function findProblem(value: unknown): Problem | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : problem(`is ${value}`);
    case 'object':
      if (value === null) return undefined;
      return Array.isArray(value) ? findInArray(value) : findInObject(value);
    default:
      return problem(`is of type ${typeof value}`);
  }
}

function findInArray(values: readonly unknown[]): Problem | undefined {
  for (let index = 0; index < values.length; index++) {
    const found = findProblem(values[index]);
    if (found) return inside(found, String(index));
  }
  return undefined;
}

function findInObject(value: object): Problem | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !isPlainElsewhere(prototype)) {
    return problem(`is an instance of ${value.constructor?.name ?? 'a class'}`);
  }
  const fields = value as Record<string, unknown>;
  for (const key in fields) {
    if (fields[key] === undefined) continue;
    const found = findProblem(fields[key]);
    if (found) return inside(found, key);
  }
  return undefined;
}

/** Plain objects of another realm (a worker's, a test runner's) have that realm's prototype. */
function isPlainElsewhere(prototype: unknown): boolean {
  return (
    Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf')
  );
}

function inside(found: Problem, key: string): Problem {
  found.path.push(key);
  return found;
}

function problem(reason: string): Problem {
  return { reason, path: [] };
}
