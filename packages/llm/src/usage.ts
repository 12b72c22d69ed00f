import type { TokenUsage } from '@llmgine/core/vocabulary';

/** What model calls used. A field that is absent is unknown, which is never 0. */
export interface Usage extends TokenUsage {
  /** In US dollars. */
  readonly cost?: number;
}

/** What a model costs, in US dollars per million tokens. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** @default the price of input */
  readonly cacheRead?: number;
  /** @default the price of input */
  readonly cacheWrite?: number;
}

const FIELDS = [
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'cost',
] as const satisfies readonly (keyof Usage)[];

/** The fields that endpoints leave out when there is nothing to tell. */
const DETAILS: ReadonlySet<keyof Usage> = new Set([
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
]);

/** Sums what several calls used. A sum of something unknown is unknown; details that one call lacks are those of the others. */
export function addUsage(a: Usage | undefined, b: Usage): Usage {
  if (!a) return b;
  const sum: { -readonly [Field in keyof Usage]: number } = {};
  for (const field of FIELDS) {
    const left = a[field];
    const right = b[field];
    if (left !== undefined && right !== undefined) sum[field] = left + right;
    else if (DETAILS.has(field) && (left ?? right) !== undefined) sum[field] = (left ?? right)!;
  }
  return sum;
}

/** What a call cost by a price list; undefined when the tokens are not known. */
export function costOf(usage: TokenUsage, price: ModelPrice): number | undefined {
  const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = usage;
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const plainInput = Math.max(inputTokens - cacheReadTokens - cacheWriteTokens, 0);
  return (
    (plainInput * price.input +
      cacheReadTokens * (price.cacheRead ?? price.input) +
      cacheWriteTokens * (price.cacheWrite ?? price.input) +
      outputTokens * price.output) /
    1_000_000
  );
}
