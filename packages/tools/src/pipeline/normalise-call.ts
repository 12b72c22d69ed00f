import type { NormalCall } from '../tool-call.ts';

/** The first step: gives a call's parts the types they should have, whatever came from the model's API. */
export function normaliseCall(given: unknown, newKey: () => string): NormalCall {
  const call = asRecord(given);
  const nested = asRecord(call['function']); // the form of the Chat Completions API
  const name = call['name'] ?? nested['name'];

  return {
    id: asText(call['id']) || newKey(),
    name: asText(name).trim(),
    arguments: 'arguments' in call ? call['arguments'] : nested['arguments'],
    givenKey: asText(call['idempotencyKey']),
  };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Numbers are ids to some; nothing else can be read as a name. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value.toWellFormed();
  return typeof value === 'number' ? String(value) : '';
}
