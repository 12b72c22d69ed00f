import type { Tool as McpToolDefinition } from '@modelcontextprotocol/client';
import { toError } from '@llmgine/core';
import type { ToolEffect } from '@llmgine/core/vocabulary';
import { defineTool, type Tool, type ToolContext } from '../define-tool.ts';
import type { ToolManager } from '../tool-manager.ts';
import { toModelName } from './mcp-names.ts';
import type { McpServer } from './mcp-server-options.ts';
import { pinOf, type ToolPins } from './tool-pin.ts';

/** A tool of a server that is not offered to models. */
export interface RefusedTool {
  /** The server's own name for it. */
  readonly tool: string;
  readonly reason: string;
}

/** What a server's catalogue stands on. */
export interface McpCatalogueOptions {
  readonly name: string;
  readonly server: McpServer;
  readonly manager: ToolManager;
  readonly pins: ToolPins;
  /** Calls a tool by the server's own name for it. */
  readonly call: (
    name: string,
    args: Record<string, unknown>,
    context: ToolContext,
  ) => Promise<unknown>;
  readonly onProblem: (message: string) => void;
}

interface Offered {
  readonly pin: string;
  readonly modelName: string;
  readonly registration: Disposable;
}

/** Keeps a manager's tools as a server lists them: only what it first said of a tool, until a change is accepted. */
export class McpCatalogue {
  readonly #options: McpCatalogueOptions;
  readonly #offered = new Map<string, Offered>();
  #refused = new Map<string, string>();
  /** As of the list before, so that what stays wrong is told once. */
  #refusedBefore = new Map<string, string>();
  readonly #changed = new Map<string, McpToolDefinition>();

  constructor(options: McpCatalogueOptions) {
    this.#options = options;
  }

  /** Names that models know. */
  get modelNames(): readonly string[] {
    return Array.from(this.#offered.values(), ({ modelName }) => modelName);
  }

  get refused(): readonly RefusedTool[] {
    return Array.from(this.#refused, ([tool, reason]) => ({ tool, reason }));
  }

  /** Takes the server's list: adds, keeps, removes. */
  update(tools: readonly McpToolDefinition[]): void {
    const { only } = this.#options.server;
    const listed = new Set<string>();
    this.#refusedBefore = this.#refused;
    this.#refused = new Map();
    this.#changed.clear();
    for (const tool of tools) {
      if (only && !only.includes(tool.name)) continue;
      if (listed.has(tool.name)) {
        this.#refuse(tool.name, 'is listed twice; the first is used');
        continue;
      }
      listed.add(tool.name);
      this.#take(tool);
    }
    for (const name of [...this.#offered.keys()].filter((known) => !listed.has(known)))
      this.#remove(name);
  }

  /** Offers a tool whose definition has changed. False: there is no such change. */
  accept(toolName: string): boolean {
    const tool = this.#changed.get(toolName);
    if (!tool) return false;
    this.#options.pins.set(this.#options.name, toolName, pinOf(definitionOf(tool)));
    this.#changed.delete(toolName);
    this.#refused.delete(toolName);
    this.#take(tool);
    return true;
  }

  clear(): void {
    for (const name of this.#offered.keys()) this.#remove(name);
  }

  #take(tool: McpToolDefinition): void {
    const { pins, name: server } = this.#options;
    const pin = pinOf(definitionOf(tool));
    const pinned = pins.get(server, tool.name);
    if (pinned === undefined) pins.set(server, tool.name, pin);
    else if (pinned !== pin) {
      this.#changed.set(tool.name, tool);
      this.#remove(tool.name);
      this.#refuse(
        tool.name,
        'has changed its definition; it is not used until the change is accepted',
      );
      return;
    }
    if (this.#offered.get(tool.name)?.pin !== pin) this.#offer(tool, pin);
  }

  #offer(tool: McpToolDefinition, pin: string): void {
    try {
      const offered = this.#toTool(tool);
      const registration = this.#options.manager.registerTool(offered);
      this.#offered.set(tool.name, { pin, modelName: offered.name, registration });
    } catch (thrown) {
      this.#refuse(tool.name, toError(thrown).message);
    }
  }

  #toTool(tool: McpToolDefinition): Tool {
    const { name, server, call } = this.#options;
    if (tool.execution?.taskSupport === 'required') {
      throw new Error('can only run as a task, which is not supported');
    }
    return defineTool({
      name: toModelName(server.prefix ?? `${name}__`, tool.name),
      description:
        tool.description?.trim() || tool.title || `The tool '${tool.name}' of '${name}'.`,
      input: tool.inputSchema,
      effect: effectOf(tool, server),
      timeoutMs: server.timeoutMs,
      execute: (args, context) => call(tool.name, args, context),
    });
  }

  #remove(toolName: string): void {
    this.#offered.get(toolName)?.registration[Symbol.dispose]();
    this.#offered.delete(toolName);
  }

  #refuse(toolName: string, reason: string): void {
    this.#refused.set(toolName, reason);
    if (this.#refusedBefore.get(toolName) === reason) return;
    this.#options.onProblem(`tool '${toolName}' ${reason}`);
  }
}

/** What a model is told and a call depends on. */
function definitionOf({
  name,
  title,
  description,
  inputSchema,
  outputSchema,
  annotations,
}: McpToolDefinition): unknown {
  return { name, title, description, inputSchema, outputSchema, annotations };
}

/** Annotations are the server's own word; a server that lies would have its tools run twice. */
function effectOf({ name, annotations }: McpToolDefinition, server: McpServer): ToolEffect {
  const given =
    server.effects && Object.hasOwn(server.effects, name) ? server.effects[name] : undefined;
  if (given) return given;
  if (!server.trustAnnotations) return 'once';
  if (annotations?.readOnlyHint) return 'read';
  return annotations?.idempotentHint ? 'idempotent' : 'once';
}
