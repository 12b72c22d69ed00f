import {
  defineCommand,
  defineEvent,
  type CommandCall,
  type CommandDefinition,
  type CommandMessage,
  type EventCall,
  type EventDefinition,
  type EventMessage,
  type HandlerContext,
} from '@llmgine/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';

const numbers: StandardSchemaV1<{ n: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof (value as { n?: unknown })?.n === 'number'
        ? { value: value as { n: number } }
        : { issues: [{ message: 'expected a number', path: ['n'] }] },
  },
};

export const Add = defineCommand('add', { data: numbers });
export const Charge = defineCommand('charge', { data: numbers, retry: false });
export const Added = defineEvent('added', { data: numbers });

interface CallOptions {
  readonly definition?: CommandDefinition;
  readonly command?: CommandMessage;
  readonly signal?: AbortSignal;
}

export function aCommandCall({
  definition = Add,
  command = (definition as typeof Add)({ n: 1 }),
  signal = new AbortController().signal,
}: CallOptions = {}): CommandCall {
  return { command, definition, handler: 'adder', context: aContext(signal) };
}

export function anEventCall(
  event: EventMessage = Added({ n: 1 }),
  definition: EventDefinition = Added,
): EventCall {
  return { event, definition, handler: 'logger', context: aContext(new AbortController().signal) };
}

/** Enough of a context for middleware, which sends nothing. */
function aContext(signal: AbortSignal): HandlerContext {
  return { attempt: 1, signal } as HandlerContext;
}
