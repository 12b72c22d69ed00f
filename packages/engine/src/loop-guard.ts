/** How often one call may be repeated within a run. */
export interface LoopGuardOptions {
  /**
   * The model is told at this occurrence of a call.
   * @default 3
   */
  readonly nudgeAt?: number | undefined;
  /**
   * The run ends at this occurrence.
   * @default 5
   */
  readonly stopAt?: number | undefined;
}

/** What to do about a call. */
export type LoopVerdict = 'go' | 'nudge' | 'stop';

/** Notices that a model asks for the same thing again and again. */
export interface LoopGuard {
  /** Counts a call and judges it. */
  judge(toolName: string, args: unknown): LoopVerdict;
}

/** Makes the guard of one run. */
export function createLoopGuard({ nudgeAt = 3, stopAt = 5 }: LoopGuardOptions = {}): LoopGuard {
  const counts = new Map<string, CallCount>();

  return {
    judge(toolName, args) {
      const count = counts.get(toolName);
      if (!count) counts.set(toolName, new CallCount(args));
      const times = count ? count.add(args) : 1;
      if (times >= stopAt) return 'stop';
      return times >= nudgeAt ? 'nudge' : 'go';
    },
  };
}

/** What the model reads besides the result of a repeated call. */
export const LOOP_NUDGE =
  'Note: this exact call was made several times already and gives nothing new. Use the results you have, try something else, or answer.';

/** The calls of one tool: most are called once in a run, so arguments are compared from the second call on. */
class CallCount {
  readonly #first: unknown;
  #times: Map<string, number> | undefined;

  constructor(first: unknown) {
    this.#first = first;
  }

  /** Gives how often these arguments were seen, this time included. */
  add(args: unknown): number {
    this.#times ??= new Map([[canonicalArguments(this.#first), 1]]);
    const call = canonicalArguments(args);
    const times = (this.#times.get(call) ?? 0) + 1;
    this.#times.set(call, times);
    return times;
  }
}

/** The same arguments are the same text, whatever the order of their keys and their spaces. */
function canonicalArguments(args: unknown): string {
  if (typeof args !== 'string') return JSON.stringify(sorted(args)) ?? '';
  try {
    return JSON.stringify(sorted(JSON.parse(args)));
  } catch {
    return args.trim();
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}
