import { defineEvent, typeOnly, type ErrorData } from '@llmgine/core';

/** A command was given up on and is kept as a dead letter. */
export const DeadLetterCommandEvent = defineEvent('llmgine.command.dead-lettered', {
  data: typeOnly<{
    readonly commandType: string;
    readonly commandId: string;
    readonly error: ErrorData;
    readonly attempts: number;
    readonly reason: 'exhausted' | 'policy' | 'deadline' | 'stopped';
  }>(),
});
