import type { Usage } from '../usage.ts';
import { isPlainObject, type PlainObject } from './plain-object.ts';

/** Reads the usage of an answer or a chunk as endpoints write it. Undefined: there is none. */
function readUsage(wire: unknown): Usage | undefined {
  if (!isPlainObject(wire)) return undefined;
  const input = firstNumber(wire['prompt_tokens'], wire['input_tokens']);
  const output = firstNumber(wire['completion_tokens'], wire['output_tokens']);
  const prompt = objectOr(wire['prompt_tokens_details'] ?? wire['input_tokens_details']);
  const completion = objectOr(wire['completion_tokens_details'] ?? wire['output_tokens_details']);
  return withoutUndefined({
    inputTokens: input,
    outputTokens: output,
    totalTokens: firstNumber(
      wire['total_tokens'],
      input === undefined || output === undefined ? undefined : input + output,
    ),
    cacheReadTokens: firstNumber(
      prompt['cached_tokens'],
      wire['cache_read_input_tokens'],
      wire['prompt_cache_hit_tokens'],
    ),
    cacheWriteTokens: firstNumber(wire['cache_creation_input_tokens']),
    reasoningTokens: firstNumber(completion['reasoning_tokens'], wire['reasoning_tokens']),
    cost: firstNumber(wire['cost'], objectOr(wire['cost'])['total_cost']),
  });
}

/** The usage of a chunk: at its top, inside the choice, or under an endpoint's own name. */
export function usageOfChunk(
  chunk: PlainObject,
  choice: PlainObject | undefined,
): Usage | undefined {
  return (
    readUsage(chunk['usage']) ??
    readUsage(choice?.['usage']) ??
    readUsage(objectOr(chunk['x_groq'])['usage'])
  );
}

function firstNumber(...candidates: readonly unknown[]): number | undefined {
  return candidates.find(
    (value): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0,
  );
}

function objectOr(value: unknown): PlainObject {
  return isPlainObject(value) ? value : {};
}

function withoutUndefined(usage: Record<string, number | undefined>): Usage {
  return Object.fromEntries(Object.entries(usage).filter(([, value]) => value !== undefined));
}
