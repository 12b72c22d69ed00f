import {
  BUS_SCOPE,
  defineCommand,
  typeOnly,
  type CommandExecutor,
  type EventPublisher,
  type HandlerContext,
  type HandlerRegistrar,
  type MessageOf,
  type SessionId,
} from '@llmgine/core';
import type { AbortNotice } from '@llmgine/core/timing';
import type { ApprovalAnswer } from './approval.ts';
import type { Tool } from './define-tool.ts';
import { NoPendingApprovalError } from './errors.ts';
import { createForeignRuns } from './foreign-runs.ts';
import { RunningCalls } from './running-calls.ts';
import { toolCommand, type ToolCommandDefinition } from './tool-command.ts';
import type { RunAttempt, ToolRun } from './tool-connection.ts';
import type { ToolManager } from './tool-manager.ts';

/** What `attachTools` needs of a bus; a `MessageBus` and a `BusSession` are both fine. */
export type ToolBus = CommandExecutor &
  EventPublisher &
  HandlerRegistrar & { readonly sessionId?: SessionId };

/** How to attach. */
export interface AttachToolsOptions {
  /**
   * Whose calls go through the bus.
   * @default the session's id, for a bus BUS_SCOPE
   */
  readonly sessionId?: SessionId | undefined;
}

/** Answers a `ToolApprovalRequestedEvent`. Fails when the question is not open in its session. */
export const ToolApprovalCommand = defineCommand('tool.approve', {
  data: typeOnly<ApprovalAnswer>(),
});

/**
 * Runs every call of a session as a command on the bus, publishes its events there and takes approvals, so that
 * middleware, retries, breakers, rate limits, metrics and dead letters apply to tools. Disposing takes it back.
 * @throws DuplicateCommandHandlerError when tools of these names are attached for the session already
 */
export function attachTools(
  bus: ToolBus,
  manager: ToolManager,
  { sessionId = bus.sessionId ?? BUS_SCOPE }: AttachToolsOptions = {},
): Disposable {
  const running = new RunningCalls();
  const handlers = createToolHandlers({ bus, manager, sessionId, running });
  const attached: Disposable[] = [handlers];

  try {
    for (const tool of manager.tools) handlers.add(tool);
    attached.push(
      bus.registerCommandHandler(ToolApprovalCommand, ({ data }) => answer(data), { sessionId }),
      manager.onToolsChanged(({ added, removed }) => {
        if (removed) handlers.remove(removed);
        if (added) handlers.add(added);
      }),
      manager.connect({ sessionId, publisher: bus, run }),
    );
  } catch (thrown) {
    detach();
    throw thrown;
  }
  return { [Symbol.dispose]: detach };

  async function run(toolRun: ToolRun): Promise<unknown> {
    const { tool, callId: toolCallId, args: toolArgs, idempotencyKey, signal } = toolRun;
    const data = { toolCallId, toolName: tool.name, toolArgs, idempotencyKey };
    const command = toolCommand(tool.name, tool.effect)(data, { sessionId });
    running.add(command.id, toolRun);
    try {
      const result = await bus.execute(command, { signal });
      if (result.success) return result.result;
      throw result.error;
    } finally {
      running.remove(command.id);
    }
  }

  function answer(data: ApprovalAnswer): void {
    if (!manager.answerApproval(data, sessionId)) throw new NoPendingApprovalError(data.toolCallId);
  }

  function detach(): void {
    for (const disposable of attached.splice(0)) disposable[Symbol.dispose]();
  }
}

/** The command handlers of a session's tools. */
interface ToolHandlers extends Disposable {
  add(tool: Tool): void;
  remove(tool: Tool): void;
}

interface HandlerParts {
  readonly bus: ToolBus;
  readonly manager: ToolManager;
  readonly sessionId: SessionId;
  readonly running: RunningCalls;
}

function createToolHandlers({ bus, manager, sessionId, running }: HandlerParts): ToolHandlers {
  const runForeign = createForeignRuns(manager, sessionId);
  const handlers = new Map<string, Disposable>();

  return {
    add(tool) {
      const definition = toolCommand(tool.name, tool.effect);
      const options = { sessionId, name: tool.name };
      handlers.set(tool.name, bus.registerCommandHandler(definition, handle, options));
    },
    remove({ name }) {
      handlers.get(name)?.[Symbol.dispose]();
      handlers.delete(name);
    },
    [Symbol.dispose]() {
      for (const handler of handlers.values()) handler[Symbol.dispose]();
      handlers.clear();
    },
  };

  function handle(
    command: MessageOf<ToolCommandDefinition>,
    context: HandlerContext,
  ): Promise<unknown> {
    const live = running.find(command.id);
    if (!live) return runForeign(command, context);
    return live.start(new BusAttempt(context));
  }
}

/**
 * An attempt made of a command's context. A class, since V8 may place what an object literal makes among old objects,
 * where all that it refers to outlives the call by far.
 */
class BusAttempt implements RunAttempt {
  readonly attempt: number;
  readonly signal: AbortNotice;
  readonly publisher: HandlerContext;

  constructor(context: HandlerContext) {
    this.attempt = context.attempt;
    this.signal = context.abortNotice ?? context.signal;
    this.publisher = context;
  }
}
