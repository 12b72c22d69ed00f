import { InvalidOptionsError } from '../errors.ts';
import { compactName, isSecretName } from './secret-names.ts';
import { secretPatterns } from './secret-patterns.ts';

/** Gives back a value without what must not leave the process. Never throws and never changes what it was given. */
export type Redactor = (value: unknown) => unknown;

/** What counts as secret, and what to put in its place. */
export interface RedactorOptions {
  /**
   * Further names of fields whose values are hidden: strings in any case and punctuation, or patterns.
   * @default none
   */
  readonly names?: readonly (string | RegExp)[];
  /**
   * Further patterns of secrets inside text; what a group named `keep` matches stays.
   * @default none
   */
  readonly patterns?: readonly RegExp[];
  /**
   * Looks for the usual names (password, token, api key, cookie, …) and patterns (provider keys, bearer headers, …) too.
   * @default true
   */
  readonly defaults?: boolean;
  /**
   * Gives what stands in the place of a secret.
   * @default '[redacted]'
   */
  readonly redact?: (secret: unknown) => string;
}

/** Deeper values are left out: nobody reads them, and they must not exhaust the stack. */
const MAX_DEPTH = 64;

const hiddenText = '[redacted]';

/**
 * Makes a redactor that copies values, hiding secrets by the names of fields and by what they look like.
 * Cycles become `[circular]`, errors plain data, URLs text; dates and bytes stay as they are.
 * @throws InvalidOptionsError
 */
export function createRedactor(options: RedactorOptions = {}): Redactor {
  checkOptions(options);
  const { names = [], patterns = [], defaults = true, redact = () => hiddenText } = options;
  const isSecret = createNameMatcher(names, defaults);
  const secrets = [...(defaults ? secretPatterns : []), ...patterns.map(asGlobal)];

  return (value) => new RedactedCopy(isSecret, secrets, redact).of(value, 0);
}

/** One copy: remembers what it has copied, so that shared values stay shared and cycles end. */
class RedactedCopy {
  readonly #isSecret: (name: string) => boolean;
  readonly #secrets: readonly RegExp[];
  readonly #redact: (secret: unknown) => string;
  readonly #copies = new Map<object, unknown>();

  constructor(
    isSecret: (name: string) => boolean,
    secrets: readonly RegExp[],
    redact: (secret: unknown) => string,
  ) {
    this.#isSecret = isSecret;
    this.#secrets = secrets;
    this.#redact = redact;
  }

  of(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#ofText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return '[too deep]';
    if (this.#copies.has(value)) return this.#copies.get(value);

    this.#copies.set(value, '[circular]');
    const copied = guarded(() => this.#ofObject(value, depth + 1));
    this.#copies.set(value, copied);
    return copied;
  }

  #ofObject(value: object, depth: number): unknown {
    if (Array.isArray(value)) return Array.from(value, (item) => this.of(item, depth));
    if (isOpaque(value)) return value;
    if (value instanceof URL) return this.#ofText(value.href);
    if (value instanceof Set) return new Set(Array.from(value, (item) => this.of(item, depth)));
    if (value instanceof Map)
      return new Map(Array.from(value, (entry) => this.#ofEntry(entry, depth)));
    return this.#ofFields(value, depth);
  }

  #ofEntry([key, value]: readonly [unknown, unknown], depth: number): [unknown, unknown] {
    const secret = typeof key === 'string' && this.#isSecret(key);
    return [this.of(key, depth), secret ? this.#hide(value) : this.of(value, depth)];
  }

  #ofFields(value: object, depth: number): object {
    const copied = {};
    for (const key of fieldNames(value)) {
      const inner = guarded(() => (value as Record<string, unknown>)[key]);
      const safe = this.#isSecret(key) ? this.#hide(inner) : this.of(inner, depth);
      // Defined, not assigned: a field called __proto__ stays a field.
      Object.defineProperty(copied, key, {
        value: safe,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return copied;
  }

  /** That there is no password, or whether there is one, is no secret. */
  #hide(value: unknown): unknown {
    if (value == null || typeof value === 'boolean' || value === '') return value;
    return this.#replace(value);
  }

  #ofText(text: string): string {
    try {
      return this.#secrets.reduce(
        (clean, secret) =>
          clean.replace(secret, (...match) => keptPart(match) + this.#replace(match[0])),
        text,
      );
    } catch {
      return hiddenText; // a pattern that gave up has not looked at everything
    }
  }

  #replace(secret: unknown): string {
    const replacement = guarded(() => this.#redact(secret));
    return typeof replacement === 'string' ? replacement : hiddenText;
  }
}

function isOpaque(value: object): boolean {
  return value instanceof Date || ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** The text that a group named `keep` matched. */
function keptPart(match: readonly unknown[]): string {
  const groups = match.at(-1);
  if (typeof groups !== 'object' || groups === null) return '';
  return (groups as { keep?: string }).keep ?? '';
}

/** An error's message is not enumerable, but is what matters. */
function fieldNames(value: object): readonly string[] {
  if (!(value instanceof Error)) return Object.keys(value);
  const own = ['message', 'stack', 'cause'].filter((key) => Object.hasOwn(value, key));
  return [...new Set(['name', ...own, ...Object.keys(value)])];
}

function guarded(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return '[unreadable]';
  }
}

function createNameMatcher(
  names: readonly (string | RegExp)[],
  defaults: boolean,
): (name: string) => boolean {
  const exact = new Set(names.filter((name) => typeof name === 'string').map(compactName));
  const patterns = names.filter((name) => typeof name !== 'string').map(asGlobal);
  const known = new Map<string, boolean>();

  return (name) => {
    let secret = known.get(name);
    if (secret === undefined) {
      secret = judge(name);
      // Names of fields come from a small set; one that does not must not grow without bound.
      if (known.size < 10_000) known.set(name, secret);
    }
    return secret;
  };

  function judge(name: string): boolean {
    return (
      (defaults && isSecretName(name)) ||
      exact.has(compactName(name)) ||
      patterns.some((pattern) => name.search(pattern) >= 0)
    );
  }
}

function asGlobal(pattern: RegExp): RegExp {
  return new RegExp(pattern.source, [...new Set(`${pattern.flags.replace('y', '')}g`)].join(''));
}

function checkOptions({ names = [], patterns = [], redact }: RedactorOptions): void {
  const problems: string[] = [];
  if (
    !names.every(
      (name) => name instanceof RegExp || (typeof name === 'string' && compactName(name)),
    )
  ) {
    problems.push('names must be strings with a letter or digit, or regular expressions');
  }
  if (!patterns.every((pattern) => pattern instanceof RegExp)) {
    problems.push('patterns must be regular expressions');
  }
  if (redact !== undefined && typeof redact !== 'function') {
    problems.push('redact must be a function that gives the replacement');
  }
  if (problems.length > 0) throw new InvalidOptionsError('create redactor', problems);
}
