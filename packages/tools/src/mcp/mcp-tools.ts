import { InvalidOptionsError, systemClock, toError, type Clock } from '@llmgine/core';
import type { ToolManager } from '../tool-manager.ts';
import { McpCatalogue, type RefusedTool } from './mcp-catalogue.ts';
import { loadMcpLibrary, type McpLibrary } from './mcp-client.ts';
import { readMcpResult } from './mcp-result.ts';
import { mcpServerProblems, type McpServer } from './mcp-server-options.ts';
import { McpSession, type McpState } from './mcp-session.ts';
import { createToolPins, type ToolPins } from './tool-pin.ts';

/** Something is not as it should be with a server; the others go on. */
export interface McpProblem {
  readonly server: string;
  readonly message: string;
}

/** How to connect. */
export interface McpToolsOptions {
  /** The servers, by the names that stand before their tools. */
  readonly servers: Readonly<Record<string, McpServer>>;
  /**
   * What tools looked like when they were first seen; a tool that has changed since is refused until accepted.
   * @default createToolPins()
   */
  readonly pins?: ToolPins | undefined;
  /** Hears of problems as they come. */
  readonly onProblem?: ((problem: McpProblem) => void) | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /** Loads the optional peer `@modelcontextprotocol/client`. */
  readonly loadLibrary?: (() => Promise<McpLibrary>) | undefined;
}

/** How it stands with one server. */
export interface McpServerStatus {
  readonly name: string;
  /** `unavailable`: the optional peer is not installed. */
  readonly state: McpState | 'unavailable';
  /** The names that models know. */
  readonly tools: readonly string[];
  /** Listed by the server, but not offered. */
  readonly refused: readonly RefusedTool[];
  /** What went wrong last, while it is not mended. */
  readonly problem?: string;
}

/** The tools of MCP servers, as part of a manager. Disposing disconnects and takes them out. */
export interface McpTools extends AsyncDisposable {
  readonly servers: readonly McpServerStatus[];
  /** Accepts the changed definition of a tool, by the server's own name for it. False: there is no such change. */
  accept(server: string, tool: string): boolean;
}

/**
 * Connects MCP servers and registers their tools with a manager. A server, or a peer, that is missing is a problem
 * told to `onProblem` and seen in `servers`, and keeps nobody else from working.
 * @throws InvalidOptionsError
 */
export async function connectMcpTools(
  manager: ToolManager,
  options: McpToolsOptions,
): Promise<McpTools> {
  const { servers, loadLibrary = loadMcpLibrary } = options;
  const problems = Object.entries(servers).flatMap(([name, server]) => [
    ...mcpServerProblems(name, server),
  ]);
  if (problems.length > 0) throw new InvalidOptionsError('connect MCP tools', problems);

  let library: McpLibrary;
  try {
    library = await loadLibrary();
  } catch (thrown) {
    return withoutLibrary(options, toError(thrown).message);
  }
  const links = Object.keys(servers).map((name) => createLink(name, library, { manager, options }));
  await Promise.all(links.map(({ session }) => session.start()));

  return {
    get servers() {
      return links.map(statusOf);
    },
    accept: (server, tool) =>
      links.find(({ name }) => name === server)?.catalogue.accept(tool) ?? false,
    async [Symbol.asyncDispose]() {
      await Promise.all(links.map(closeLink));
    },
  };
}

/** One server: its connection, and its tools in the manager. */
interface ServerLink {
  readonly name: string;
  readonly session: McpSession;
  readonly catalogue: McpCatalogue;
}

function createLink(
  name: string,
  library: McpLibrary,
  { manager, options }: { readonly manager: ToolManager; readonly options: McpToolsOptions },
): ServerLink {
  const { servers, pins = createToolPins(), onProblem, clock = systemClock } = options;
  const server = servers[name]!; // the names are the keys of `servers`
  const tell = (message: string): void => onProblem?.({ server: name, message });
  const catalogue = new McpCatalogue({ name, server, manager, pins, call, onProblem: tell });
  const onTools = catalogue.update.bind(catalogue);
  const session = new McpSession({ name, server, library, clock, onTools, onProblem: tell });
  return { name, session, catalogue };

  async function call(
    tool: string,
    args: Record<string, unknown>,
    context: { readonly signal: AbortSignal; reportProgress(progress: unknown): void },
  ): Promise<unknown> {
    const { signal } = context;
    const onProgress = (progress: unknown): void => context.reportProgress(progress);
    return readMcpResult(name, await session.call({ name: tool, args, signal, onProgress }));
  }
}

function statusOf({ name, session, catalogue }: ServerLink): McpServerStatus {
  return {
    name,
    state: session.state,
    tools: catalogue.modelNames,
    refused: catalogue.refused,
    ...(session.problem !== undefined && { problem: session.problem }),
  };
}

async function closeLink({ session, catalogue }: ServerLink): Promise<void> {
  catalogue.clear();
  await session.close();
}

function withoutLibrary({ servers, onProblem }: McpToolsOptions, problem: string): McpTools {
  const statuses = Object.keys(servers).map((name): McpServerStatus => {
    onProblem?.({ server: name, message: problem });
    return { name, state: 'unavailable', tools: [], refused: [], problem };
  });
  return { servers: statuses, accept: () => false, [Symbol.asyncDispose]: async () => {} };
}
