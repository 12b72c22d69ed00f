import {
  fail,
  type CommandMessage,
  type HandlerContext,
  type Outcome,
  type SessionId,
} from '@llmgine/core';
import { ToolFailedError } from './errors.ts';
import type { ToolResult } from './tool-call.ts';
import type { ToolCommandData } from './tool-command.ts';
import type { RunAttempt, ToolRun } from './tool-connection.ts';
import type { ToolManager } from './tool-manager.ts';

/** Runs a tool command that no call of this process is waiting for, e.g. one out of the dead letters. */
export type ForeignRun = (
  command: CommandMessage<string, ToolCommandData>,
  context: HandlerContext,
) => Promise<unknown>;

/** What is known of a command after its first attempt. */
type Known = { readonly run: ToolRun } | { readonly refused: ToolResult };

/** Makes the handling of foreign commands: checked and approved once like any call, then run as often as the bus says. */
export function createForeignRuns(manager: ToolManager, sessionId: SessionId): ForeignRun {
  const known = new WeakMap<object, Known>();

  return async (command, context) => {
    const before = known.get(command);
    if (!before) return firstRun(command, context);
    return 'run' in before ? before.run.start(attemptOf(context)) : refusal(before.refused);
  };

  async function firstRun(
    command: CommandMessage<string, ToolCommandData>,
    context: HandlerContext,
  ): Promise<unknown> {
    const { toolCallId: id, toolName: name, toolArgs, idempotencyKey } = command.data;
    let thrown: unknown;
    const result = await manager.executeToolCall(
      { id, name, arguments: toolArgs, idempotencyKey },
      {
        sessionId,
        signal: context.abortNotice ?? context.signal,
        through: { sessionId, publisher: context, run },
      },
    );
    if (result.status === 'ok') return result.value;
    if (known.has(command)) throw thrown;
    known.set(command, { refused: result });
    return refusal(result);

    async function run(toolRun: ToolRun): Promise<unknown> {
      known.set(command, { run: toolRun });
      try {
        return await toolRun.start(attemptOf(context));
      } catch (error) {
        thrown = error;
        throw error;
      }
    }
  }
}

function refusal(result: ToolResult): Outcome {
  return fail(new ToolFailedError(result));
}

function attemptOf(context: HandlerContext): RunAttempt {
  return {
    attempt: context.attempt,
    signal: context.abortNotice ?? context.signal,
    publisher: context,
  };
}
