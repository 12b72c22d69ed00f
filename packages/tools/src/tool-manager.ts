import type { SessionId } from '@llmgine/core';
import { Deadlines } from '@llmgine/core/timing';
import type { ApprovalAnswer } from './approval.ts';
import type { Tool } from './define-tool.ts';
import { createPendingApprovals } from './pending-approvals.ts';
import type { ToolCall, ToolCallOptions, ToolResult } from './tool-call.ts';
import { createToolCatalogue, type FunctionTool, type ToolChange } from './tool-catalogue.ts';
import type { ToolConnection } from './tool-connection.ts';
import { createToolExecutor } from './tool-executor.ts';
import { readManagerOptions, type ToolManagerOptions } from './tool-manager-options.ts';
import { ToolRunner } from './tool-runner.ts';

/** Holds tools and executes the calls that models make. */
export interface ToolManager {
  /**
   * Adds a tool; disposing takes it out again. `replace` puts it in the place of one with its name.
   * @throws DuplicateToolError, InvalidOptionsError
   */
  registerTool(tool: Tool, options?: { readonly replace?: boolean }): Disposable;
  /** False: there is no such tool. Calls of it that run go on. */
  unregisterTool(name: string): boolean;
  getTool(name: string): Tool | undefined;
  /** In the order of registration. */
  readonly tools: readonly Tool[];
  /** The tools as model APIs take them, in the order of registration; the same frozen list until a tool comes or goes. */
  parseToolsToList(): readonly FunctionTool[];
  /** Always resolves, to the one result of the call. */
  executeToolCall(call: ToolCall, options?: ToolCallOptions): Promise<ToolResult>;
  /** Executes calls side by side, up to the limit. Always resolves, to one result per call, in the order of the calls. */
  executeToolCalls(
    calls: readonly ToolCall[],
    options?: ToolCallOptions,
  ): Promise<readonly ToolResult[]>;
  /** Answers a question about a call, as `ToolApprovalCommand` does. False: no such question is open. */
  answerApproval(answer: ApprovalAnswer, sessionId?: SessionId): boolean;
  /** Calls back when a tool comes or goes. */
  onToolsChanged(listener: (change: ToolChange) => void): Disposable;
  /** Has the calls of a session go through something else than a plain call; `attachTools` uses it. */
  connect(connection: ToolConnection): Disposable;
}

/**
 * Makes a manager without tools.
 * @throws InvalidOptionsError
 */
export function createToolManager(options: ToolManagerOptions = {}): ToolManager {
  const settings = readManagerOptions(options);
  const catalogue = createToolCatalogue();
  const approvals = createPendingApprovals(settings.clock, settings.newId);
  const deadlines = new Deadlines(settings.clock);
  const connections = new Set<ToolConnection>();
  const executeToolCall = createToolExecutor({
    settings,
    tools: catalogue.byName,
    approvals,
    deadlines,
    runner: new ToolRunner(settings, deadlines),
    connectionOf,
  });

  return {
    registerTool: (tool, { replace = false } = {}) => catalogue.add(tool, replace),
    unregisterTool: (name) => catalogue.remove(name),
    getTool: (name) => catalogue.byName.get(name)?.tool,
    get tools() {
      return Array.from(catalogue.byName.values(), ({ tool }) => tool);
    },
    parseToolsToList: () => catalogue.list(),
    executeToolCall,
    executeToolCalls: async (calls, callOptions) =>
      Promise.all(Array.from(calls ?? [], (call) => executeToolCall(call, callOptions))),
    answerApproval: (answer, sessionId) => approvals.answer(answer, sessionId),
    onToolsChanged: (listener) => catalogue.onChange(listener),
    connect(connection) {
      connections.add(connection);
      return { [Symbol.dispose]: () => void connections.delete(connection) };
    },
  };

  /** A call that names no session takes the only connection there is. */
  function connectionOf(sessionId: SessionId | undefined): ToolConnection | undefined {
    if (connections.size === 0) return undefined;
    if (sessionId === undefined) return connections.size === 1 ? [...connections][0] : undefined;
    return [...connections].findLast((connection) => connection.sessionId === sessionId);
  }
}
