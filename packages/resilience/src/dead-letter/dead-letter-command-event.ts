import { defineEvent, typeOnly, type ErrorData, type EventDefinition } from '@llmgine/core';

/** What is told about a command that was given up on. */
export interface DeadLetterCommandData {
  readonly commandType: string;
  readonly commandId: string;
  readonly error: ErrorData;
  readonly attempts: number;
  readonly reason: 'exhausted' | 'policy' | 'deadline' | 'stopped';
}

/** Written out, so that the declaration names nothing that this package does not depend on. */
type DeadLetterCommandSchema = ReturnType<typeof typeOnly<DeadLetterCommandData>>;

/** A command was given up on and is kept as a dead letter. */
export const DeadLetterCommandEvent: EventDefinition<
  'llmgine.command.dead-lettered',
  DeadLetterCommandSchema
> = defineEvent('llmgine.command.dead-lettered', { data: typeOnly<DeadLetterCommandData>() });
