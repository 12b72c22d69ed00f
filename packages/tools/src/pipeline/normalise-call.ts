import type { NormalCall } from '../tool-call.ts';

/** The first step: gives a call's parts the types they should have, whatever came from the model's API. */
export function normaliseCall(given: unknown, newKey: () => string): NormalCall {
  const call = asRecord(given);
  try {
    return normalise(call, newKey);
  } catch {
    return normalise(readWarily(call), newKey);
  }
}

function normalise(call: GivenCall, newKey: () => string): NormalCall {
  const { id, name, arguments: args, idempotencyKey } = call;
  const isWhole = name !== undefined && args !== undefined;
  const nested = isWhole ? nothing : asRecord(call['function']); // the form of the Chat Completions API

  return {
    id: asText(id) || newKey(),
    name: asText(name ?? nested['name']).trim(),
    arguments: args === undefined ? nested['arguments'] : args,
    givenKey: asText(idempotencyKey),
  };
}

type GivenCall = Readonly<Record<string, unknown>>;

const nothing: GivenCall = {};

/** In the place of what cannot be read: no text, no arguments, and not nothing either, which would be no arguments. */
const unreadable = Symbol('unreadable');

function readWarily(call: GivenCall): GivenCall {
  const nested = asRecord(readField(call, 'function'));
  return {
    id: readField(call, 'id'),
    name: readField(call, 'name') ?? readField(nested, 'name'),
    arguments: readField(call, 'arguments') ?? readField(nested, 'arguments'),
    idempotencyKey: readField(call, 'idempotencyKey'),
  };
}

function readField(record: GivenCall, key: string): unknown {
  try {
    return record[key];
  } catch {
    return unreadable;
  }
}

function asRecord(value: unknown): GivenCall {
  return typeof value === 'object' && value !== null ? (value as GivenCall) : nothing;
}

/** Numbers are ids to some; nothing else can be read as a name. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value.toWellFormed();
  return typeof value === 'number' ? String(value) : '';
}
