import { InvalidOptionsError } from './errors.ts';

/** What a number must be. */
export interface NumberRule {
  /** The smallest value allowed. */
  readonly min?: number;
  /** The value must be larger than this. */
  readonly above?: number;
  /** The largest value allowed. */
  readonly max?: number;
  readonly integer?: boolean;
  /** Lets the value be Infinity. */
  readonly infinite?: boolean;
}

/** The names of all options of one kind; the compiler sees to it that none is missing. */
export type OptionNames<Options> = { readonly [Name in keyof Options]-?: true };

/** Collects what is wrong with options, so that all of it is said at once. */
export interface OptionChecker {
  /** Notes a problem unless `holds`. */
  require(holds: boolean, problem: string): void;
  /**
   * Notes what is no object of options, and every name that is no option: a misspelt one would be ignored. Gives
   * something whose options can be looked at in any case; undefined stands for none. `path` is where they are inside
   * others.
   */
  options<Options extends object>(
    given: Options | undefined,
    names: OptionNames<Options>,
    path?: string,
  ): Partial<Options>;
  /** Checks a number; one that is undefined passes. */
  number(name: string, value: unknown, rule: NumberRule): void;
  /** Checks that a value is one of a few; undefined passes. */
  oneOf(name: string, value: unknown, allowed: readonly unknown[]): void;
  /** Checks that a value is a function; undefined passes. */
  function(name: string, value: unknown): void;
  /** Checks that a value is a boolean; undefined passes. */
  boolean(name: string, value: unknown): void;
  /** Checks that a value has some methods; undefined passes. */
  methods(name: string, value: unknown, methods: readonly string[]): void;
  /** @throws InvalidOptionsError naming every problem noted */
  done(): void;
}

/** Makes a checker. `attempted` completes the sentence "Cannot …", e.g. `create rate-limit filter`. */
export function createOptionChecker(attempted: string): OptionChecker {
  const problems: string[] = [];

  return {
    require: note,
    options(given, names, path) {
      if (given === undefined) return {};
      if (!isRecord(given)) {
        note(false, `${path ?? 'options'} must be an object, got ${shown(given)}`);
        return {};
      }
      const known = Object.keys(names).join(', ');
      for (const name of Object.keys(given)) {
        const full = path === undefined ? name : `${path}.${name}`;
        note(Object.hasOwn(names, name), `${full} is no option, there are ${known}`);
      }
      return given;
    },
    number(name, value, rule) {
      if (value === undefined) return;
      note(fits(value, rule), `${name} must be ${describe(rule)}, got ${shown(value)}`);
    },
    oneOf(name, value, allowed) {
      if (value === undefined) return;
      note(
        allowed.includes(value),
        `${name} must be ${allowed.map(shown).join(' or ')}, got ${shown(value)}`,
      );
    },
    function: (name, value) => ofType(name, value, 'function'),
    boolean: (name, value) => ofType(name, value, 'boolean'),
    methods(name, value, methods) {
      if (value === undefined) return;
      const missing = methods.some((method) => typeof Object(value)[method] !== 'function');
      const noun = methods.length === 1 ? 'the method' : 'the methods';
      note(!missing, `${name} must have ${noun} ${methods.join(', ')}`);
    },
    done() {
      if (problems.length > 0) throw new InvalidOptionsError(attempted, problems);
    },
  };

  function note(holds: boolean, problem: string): void {
    if (!holds) problems.push(problem);
  }

  function ofType(name: string, value: unknown, type: 'function' | 'boolean'): void {
    if (value === undefined) return;
    note(typeof value === type, `${name} must be a ${type}, got ${shown(value)}`);
  }
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fits(value: unknown, { min, above, max, integer, infinite }: NumberRule): boolean {
  if (typeof value !== 'number' || Number.isNaN(value)) return false;
  if (!Number.isFinite(value)) return value > 0 && infinite === true;
  return (
    (min === undefined || value >= min) &&
    (above === undefined || value > above) &&
    (max === undefined || value <= max) &&
    (integer !== true || Number.isInteger(value))
  );
}

function describe({ min, above, max, integer, infinite }: NumberRule): string {
  const bounds = [
    min === undefined ? '' : `at least ${min}`,
    above === undefined ? '' : `above ${above}`,
    max === undefined ? '' : `at most ${max}`,
  ].filter((bound) => bound !== '');
  const whole = infinite === true ? 'an integer or Infinity,' : 'an integer';
  const kind = integer === true ? whole : infinite === true ? 'a number' : 'a finite number';
  return [kind, bounds.join(' and ')].join(' ').trim();
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
