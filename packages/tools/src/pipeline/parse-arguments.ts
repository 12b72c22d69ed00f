import type { MaybePromise } from '@llmgine/core';
import { InvalidToolArgumentsError } from '../errors.ts';
import { isTameJson, MAX_JSON_DEPTH, toJsonValue } from './json-value.ts';

/** Arguments as JSON data, and what was mended to read them. */
export interface ParsedArguments {
  readonly args: unknown;
  readonly repairs: readonly string[];
}

/** Text inside text inside text: more layers than this are no slip. */
const MAX_ENCODINGS = 3;

/**
 * The third step: reads arguments as the model gave them. At once where they are JSON; what mends them is loaded when
 * first needed.
 * @throws InvalidToolArgumentsError when they cannot be read as JSON
 */
export function parseArguments(given: unknown, toolName: string): MaybePromise<ParsedArguments> {
  try {
    return readPlain(given) ?? new ArgumentReader(toolName).read(given);
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    return loadRepair().then((repair) => new ArgumentReader(toolName, repair).read(given));
  }
}

/** What most calls send: the text of an object with nothing odd about it. */
function readPlain(given: unknown): ParsedArguments | undefined {
  if (typeof given !== 'string' || !given.startsWith('{') || isSuspicious(given)) return undefined;
  const args: unknown = JSON.parse(given);
  return isTame(args, given) ? { args, repairs: noRepairs } : undefined;
}

const noRepairs: readonly string[] = [];

async function loadRepair(): Promise<RepairJson> {
  const { repairJson } = await import('./repair-json.ts');
  return repairJson;
}

type RepairJson = (text: string) => { readonly value: unknown } | { readonly problem: string };

/** Reads the arguments of one call; without a `repair` it throws the SyntaxError of what is no JSON. */
class ArgumentReader {
  readonly #toolName: string;
  readonly #repair: RepairJson | undefined;
  readonly #repairs: string[] = [];

  constructor(toolName: string, repair?: RepairJson) {
    this.#toolName = toolName;
    this.#repair = repair;
  }

  read(given: unknown): ParsedArguments {
    const repairs = this.#repairs;
    const value = typeof given === 'string' ? this.#parseText(given) : given;
    if (value === undefined || value === null) {
      repairs.push('empty arguments');
      return { args: {}, repairs };
    }
    const unwrapped = this.#unwrapList(value);
    const trusted = typeof given === 'string' && !isSuspicious(given) && isTame(unwrapped, given);
    return { args: trusted ? unwrapped : this.#makeSafe(unwrapped), repairs };
  }

  #parseText(text: string): unknown {
    let value: unknown = text;
    for (let layer = 0; typeof value === 'string' && layer < MAX_ENCODINGS; layer++) {
      if (value.trim() === '') return undefined;
      if (layer === 1) this.#repairs.push('double-encoded JSON');
      value = this.#parseOrRepair(value);
    }
    return value;
  }

  #parseOrRepair(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (thrown) {
      if (!this.#repair) throw thrown;
      const mended = this.#repair(text);
      if ('problem' in mended) throw this.#notReadable(mended.problem, thrown);
      if (!this.#repairs.includes('malformed JSON')) this.#repairs.push('malformed JSON');
      return mended.value;
    }
  }

  /** Some models give the one object as a list of one. */
  #unwrapList(value: unknown): unknown {
    if (!Array.isArray(value) || value.length !== 1 || !isPlainObject(value[0])) return value;
    this.#repairs.push('list of one');
    return value[0];
  }

  #makeSafe(value: unknown): unknown {
    const safe = toJsonValue(value);
    if (safe.cyclic) throw this.#notReadable('they refer to themselves');
    if (safe.tooDeep) {
      throw this.#notReadable(`they are nested deeper than ${MAX_JSON_DEPTH} levels`);
    }
    if (safe.dropped) this.#repairs.push('dropped __proto__');
    return safe.value ?? {};
  }

  #notReadable(problem: string, cause?: unknown): InvalidToolArgumentsError {
    const detail = cause instanceof SyntaxError ? ` (${cause.message.slice(0, 200)})` : '';
    return new InvalidToolArgumentsError(this.#toolName, [{ message: `${problem}${detail}` }]);
  }
}

/** Could hold a lone surrogate or a key that reaches a prototype, in plain or escaped letters. */
function isSuspicious(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u') || !text.isWellFormed();
}

/** In so short a text only an exponent makes a number infinite, and nothing can be nested too deeply. */
const MAX_SHORT_CHARS = MAX_JSON_DEPTH;
const longExponent = /\de\+?\d{3}/i;

/** Tells whether what a text held has a usual depth, and finite numbers only. */
function isTame(value: unknown, text: string): boolean {
  return text.length < MAX_SHORT_CHARS ? !longExponent.test(text) : isTameJson(value);
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
