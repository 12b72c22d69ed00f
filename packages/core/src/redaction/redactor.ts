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
  const isSecret = nameMatcher(names, defaults);
  const secrets = [...(defaults ? secretPatterns : []), ...patterns.map(asGlobal)];

  return (value) => copy(value, 0, new Map());

  function copy(value: unknown, depth: number, copies: Map<object, unknown>): unknown {
    if (typeof value === 'string') return redactText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return '[too deep]';
    if (copies.has(value)) return copies.get(value);

    copies.set(value, '[circular]');
    const copied = guarded(() => copyObject(value, (inner) => copy(inner, depth + 1, copies)));
    copies.set(value, copied);
    return copied;
  }

  function copyObject(value: object, copyInner: Redactor): unknown {
    if (Array.isArray(value)) return Array.from(value, copyInner);
    if (value instanceof Date || ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
      return value;
    if (value instanceof URL) return redactText(value.href);
    if (value instanceof Set) return new Set(Array.from(value, copyInner));
    if (value instanceof Map) return copyMap(value, copyInner);
    return copyFields(value, copyInner);
  }

  function copyMap(map: ReadonlyMap<unknown, unknown>, copyInner: Redactor): Map<unknown, unknown> {
    const copied = new Map<unknown, unknown>();
    for (const [key, value] of map) {
      const named = typeof key === 'string' && isSecret(key);
      copied.set(copyInner(key), named ? hide(value) : copyInner(value));
    }
    return copied;
  }

  function copyFields(value: object, copyInner: Redactor): object {
    const copied = {};
    for (const key of fieldNames(value)) {
      const inner = guarded(() => (value as Record<string, unknown>)[key]);
      const safe = isSecret(key) ? hide(inner) : copyInner(inner);
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
  function hide(value: unknown): unknown {
    return value == null || typeof value === 'boolean' || value === '' ? value : replace(value);
  }

  function redactText(text: string): string {
    try {
      return secrets.reduce(
        (clean, pattern) =>
          clean.replace(pattern, (...match) => keptPart(match) + replace(match[0])),
        text,
      );
    } catch {
      return hiddenText; // a pattern that gave up has not looked at everything
    }
  }

  function replace(secret: unknown): string {
    const replacement = guarded(() => redact(secret));
    return typeof replacement === 'string' ? replacement : hiddenText;
  }
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

function nameMatcher(
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
