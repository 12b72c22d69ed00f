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
type LoopVerdict = 'go' | 'nudge' | 'stop';

/** Notices that a model asks for the same thing again and again. */
export interface LoopGuard {
  /** Counts a call and judges it. */
  judge(toolName: string, args: unknown): LoopVerdict;
}

/** Makes the guard of one run. */
export function createLoopGuard({ nudgeAt = 3, stopAt = 5 }: LoopGuardOptions = {}): LoopGuard {
  const seen = new Map<string, number>();

  return {
    judge(toolName, args) {
      const call = `${toolName}\0${canonicalArguments(args)}`;
      const times = (seen.get(call) ?? 0) + 1;
      seen.set(call, times);
      if (times >= stopAt) return 'stop';
      return times >= nudgeAt ? 'nudge' : 'go';
    },
  };
}

/** What the model reads besides the result of a repeated call. */
export const LOOP_NUDGE =
  'Note: this exact call was made several times already and gives nothing new. Use the results you have, try something else, or answer.';

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
