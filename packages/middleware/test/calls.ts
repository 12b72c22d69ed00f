import {
  defineCommand,
  defineEvent,
  type CommandCall,
  type CommandDefinition,
  type CommandMessage,
  type CommandMiddleware,
  type CommandResult,
  type EventCall,
  type EventDefinition,
  type EventMessage,
  type EventMiddleware,
  type HandlerContext,
} from '@llmgine/core';
import type { Clock } from '@llmgine/core/timing';
import { createFakeClock } from '@llmgine/testing';
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
  readonly clock?: Clock;
}

export function aCommandCall({
  definition = Add,
  command = (definition as typeof Add)({ n: 1 }),
  signal = new AbortController().signal,
  clock = createFakeClock(),
}: CallOptions = {}): CommandCall {
  return { command, definition, handler: 'adder', context: aContext(signal), clock };
}

export function anEventCall(
  event: EventMessage = Added({ n: 1 }),
  definition: EventDefinition = Added,
): EventCall {
  const context = aContext(new AbortController().signal);
  return { event, definition, handler: 'logger', context, clock: createFakeClock() };
}

/** Enough of a context for middleware, which sends nothing. */
function aContext(signal: AbortSignal): HandlerContext {
  return { attempt: 1, signal } as HandlerContext;
}

/** Does what a bus does with one middleware. */
export async function aroundCommand(
  { aroundCommand: around }: CommandMiddleware,
  call: CommandCall,
  next: () => Promise<CommandResult>,
): Promise<CommandResult> {
  const given = await around(call, next);
  return typeof given === 'function' ? given(await next()) : given;
}

/** The same for events. */
export async function aroundEvent(
  { aroundEvent: around }: EventMiddleware,
  call: EventCall,
  next: () => Promise<void>,
): Promise<void> {
  const given = await around(call, next);
  if (typeof given !== 'function') return;
  const error = await next().then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  await given(error);
  if (error) throw error;
}
