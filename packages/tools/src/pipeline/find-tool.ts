import { distance } from 'fastest-levenshtein';
import { UnknownToolError } from '../errors.ts';

/** Names that differ in more than this share of their letters are no slip. */
const MAX_DIFFERENCE = 0.5;
const MAX_SUGGESTIONS = 3;
/** Names of tools are at most this long, so the rest of a longer one tells nothing. */
const MAX_NAME_CHARS = 64;

/** The second step: finds the tool that a call names. @throws UnknownToolError with the nearest names */
export function findTool<T>(tools: ReadonlyMap<string, T>, name: string): T {
  const tool = tools.get(name);
  if (tool !== undefined) return tool;
  throw new UnknownToolError(name.slice(0, MAX_NAME_CHARS), nearestNames(tools.keys(), name));
}

function nearestNames(names: Iterable<string>, wanted: string): readonly string[] {
  const target = wanted.slice(0, MAX_NAME_CHARS).toLowerCase();
  return Array.from(names, (name) => ({
    name,
    difference: differenceOf(name.toLowerCase(), target),
  }))
    .filter(({ difference }) => difference <= MAX_DIFFERENCE)
    .toSorted((one, other) => one.difference - other.difference)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ name }) => name);
}

function differenceOf(name: string, target: string): number {
  return distance(name, target) / Math.max(name.length, target.length, 1);
}
