import type { NormalCall } from '../tool-call.ts';

/** The first step: gives a call's parts the types they should have, whatever came from the model's API. */
export function normaliseCall(given: unknown, newKey: () => string): NormalCall {
  const call = asRecord(given);
  const nested = asRecord(field(call, 'function')); // the form of the Chat Completions API
  const args = field(call, 'arguments');

  return {
    id: asText(field(call, 'id')) || newKey(),
    name: asText(field(call, 'name') ?? field(nested, 'name')).trim(),
    arguments: args === undefined ? field(nested, 'arguments') : args,
    givenKey: asText(field(call, 'idempotencyKey')),
  };
}

/** In the place of what cannot be read: no text, no arguments, and not nothing either, which would be no arguments. */
const unreadable = Symbol('unreadable');

function field(record: Readonly<Record<string, unknown>>, key: string): unknown {
  try {
    return record[key];
  } catch {
    return unreadable;
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Numbers are ids to some; nothing else can be read as a name. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value.toWellFormed();
  return typeof value === 'number' ? String(value) : '';
}
