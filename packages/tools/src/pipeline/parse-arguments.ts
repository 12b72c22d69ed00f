import { InvalidToolArgumentsError } from '../errors.ts';
import { MAX_JSON_DEPTH, toJsonValue } from './json-value.ts';
import { repairJson } from './repair-json.ts';

/** Arguments as JSON data, and what was mended to read them. */
export interface ParsedArguments {
  readonly args: unknown;
  readonly repairs: readonly string[];
}

/** Text inside text inside text: more layers than this are no slip. */
const MAX_ENCODINGS = 3;

/**
 * The third step: reads arguments as the model gave them.
 * @throws InvalidToolArgumentsError when they cannot be read as JSON
 */
export function parseArguments(given: unknown, toolName: string): ParsedArguments {
  const repairs: string[] = [];
  const value = typeof given === 'string' ? parseText(given, repairs) : given;
  if (value === undefined || value === null)
    return { args: {}, repairs: [...repairs, 'empty arguments'] };

  return { args: makeSafe(unwrapList(value, repairs), given, repairs), repairs };

  function parseText(text: string, repaired: string[]): unknown {
    let value: unknown = text;
    for (let layer = 0; typeof value === 'string' && layer < MAX_ENCODINGS; layer++) {
      if (value.trim() === '') return undefined;
      if (layer === 1) repaired.push('double-encoded JSON');
      value = parseOrRepair(value, repaired);
    }
    return value;
  }

  function parseOrRepair(text: string, repaired: string[]): unknown {
    try {
      return JSON.parse(text);
    } catch (thrown) {
      const mended = repairJson(text);
      if ('problem' in mended) throw notReadable(mended.problem, thrown);
      if (!repaired.includes('malformed JSON')) repaired.push('malformed JSON');
      return mended.value;
    }
  }

  /** Some models give the one object as a list of one. */
  function unwrapList(value: unknown, repaired: string[]): unknown {
    if (!Array.isArray(value) || value.length !== 1 || !isPlainObject(value[0])) return value;
    repaired.push('list of one');
    return value[0];
  }

  /** What is too small to be deep, and has no dangerous name in it, is taken as it is. */
  function makeSafe(value: unknown, source: unknown, repaired: string[]): unknown {
    if (typeof source === 'string' && !isSuspicious(source)) return value;
    const safe = toJsonValue(value);
    if (safe.cyclic) throw notReadable('they refer to themselves');
    if (safe.tooDeep) throw notReadable(`they are nested deeper than ${MAX_JSON_DEPTH} levels`);
    if (safe.dropped) repaired.push('dropped __proto__');
    return safe.value ?? {};
  }

  function notReadable(problem: string, cause?: unknown): InvalidToolArgumentsError {
    const detail = cause instanceof SyntaxError ? ` (${cause.message.slice(0, 200)})` : '';
    return new InvalidToolArgumentsError(toolName, [{ message: `${problem}${detail}` }]);
  }
}

/** Could be nested too deeply, or hold a lone surrogate or a key that reaches a prototype, in plain or escaped letters. */
function isSuspicious(text: string): boolean {
  return (
    text.length >= MAX_JSON_DEPTH ||
    text.includes('__proto__') ||
    text.includes('\\u') ||
    !text.isWellFormed()
  );
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
