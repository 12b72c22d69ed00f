import type { ErrorData } from '@llmgine/core';
import type { ToolCallStatus } from '@llmgine/core/vocabulary';
import { InvalidToolArgumentsError, ToolCallError } from '../errors.ts';

/** How a call ended that something other than its tool may have ended: a deadline or a stop of the bus it ran on. */
export function statusOf(error: Error, { code }: ErrorData): Exclude<ToolCallStatus, 'ok'> {
  if (error instanceof ToolCallError) return error.status;
  switch (code) {
    case 'LLMGINE_COMMAND_TIMEOUT':
      return 'timeout';
    case 'LLMGINE_COMMAND_CANCELLED':
    case 'LLMGINE_SESSION_ENDED':
    case 'LLMGINE_BUS_STOPPED':
      return 'cancelled';
    default:
      return 'error';
  }
}

/** What went wrong with the model's own arguments is told as it is; everything else may hold secrets. */
export function contentOf(error: Error, { message }: ErrorData, toolName: string): string {
  if (error instanceof InvalidToolArgumentsError) return error.message;
  return error instanceof ToolCallError ? message : `Tool '${toolName}' failed: ${message}`;
}
