import type * as McpMain from '@modelcontextprotocol/client';
import type { CallToolResult, Client, Tool, Transport } from '@modelcontextprotocol/client';
import type * as McpStdio from '@modelcontextprotocol/client/stdio';
import { MissingPeerError, toError, typeOnly } from '@llmgine/core';
import { MAX_TIMER_MS } from '@llmgine/core/timing';
import type { McpServer, McpStdioServer } from './mcp-server-options.ts';

/** The parts of the optional peer that are used. */
export interface McpLibrary {
  readonly main: typeof McpMain;
  readonly stdio: typeof McpStdio;
}

/** @throws MissingPeerError */
export async function loadMcpLibrary(): Promise<McpLibrary> {
  try {
    const [main, stdio] = await Promise.all([
      import('@modelcontextprotocol/client'),
      import('@modelcontextprotocol/client/stdio'),
    ]);
    return { main, stdio };
  } catch (cause) {
    throw new MissingPeerError('@modelcontextprotocol/client', 'use the tools of MCP servers', {
      cause,
    });
  }
}

/** An open connection to one server. */
export interface McpConnection {
  listTools(signal: AbortSignal): Promise<readonly Tool[]>;
  callTool(call: McpCall): Promise<CallToolResult>;
  close(): Promise<void>;
}

/** One call as the server gets it. */
export interface McpCall {
  readonly name: string;
  readonly args: Record<string, unknown>;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
}

/** What a connection tells while it is open. */
export interface McpListener {
  readonly onToolsChanged: () => void;
  /** Called once, when the connection is gone. */
  readonly onClosed: () => void;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Opens a connection; rejects when the server cannot be reached in time. */
export async function openMcpConnection(
  library: McpLibrary,
  server: McpServer,
  listener: McpListener,
): Promise<McpConnection> {
  const client = new library.main.Client({ name: 'llmgine', version: '0.1.0' });
  const timeout = server.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
  Object.assign(client, {
    onclose: listener.onClosed,
    onerror: () => {}, // what matters of it reaches the call or onclose
  });
  client.setNotificationHandler('notifications/tools/list_changed', () =>
    listener.onToolsChanged(),
  );
  try {
    await client.connect(createTransport(library, server), { timeout });
  } catch (thrown) {
    await client.close().catch(() => {});
    throw toError(thrown);
  }
  return connectionOf(client, timeout);
}

function connectionOf(client: Client, timeout: number): McpConnection {
  return {
    listTools: (signal) => listAllTools(client, { timeout, signal }),
    callTool: ({ name, args, signal, onProgress }) =>
      // The tool's own deadline is what counts; the client's would be a second one.
      client.callTool(
        { name, arguments: args },
        { signal, timeout: MAX_TIMER_MS, onprogress: onProgress },
      ),
    close: () => client.close(),
  };
}

/** A server that gives page after page must come to an end. */
const MAX_PAGES = 100;

/** The client's own listing refuses the whole list for one bad tool; here each tool is judged by itself. */
async function listAllTools(
  client: Client,
  options: { readonly timeout: number; readonly signal: AbortSignal },
): Promise<readonly Tool[]> {
  const tools: Tool[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const listed = await client.request({ method: 'tools/list', params }, toolPage, options);
    tools.push(...(Array.isArray(listed.tools) ? listed.tools.filter(isNamed) : []));
    cursor = listed.nextCursor;
    if (typeof cursor !== 'string' || cursor === '') break;
  }
  return tools;
}

const toolPage = typeOnly<{ readonly tools?: readonly Tool[]; readonly nextCursor?: string }>();

function isNamed(tool: unknown): tool is Tool {
  return (
    typeof tool === 'object' &&
    tool !== null &&
    typeof (tool as { name?: unknown }).name === 'string'
  );
}

function createTransport({ main, stdio }: McpLibrary, server: McpServer): Transport {
  if ('url' in server) {
    return new main.StreamableHTTPClientTransport(new URL(server.url), {
      ...(server.headers && { requestInit: { headers: { ...server.headers } } }),
      ...(server.fetch && { fetch: server.fetch }),
    });
  }
  return new stdio.StdioClientTransport({
    command: server.command,
    args: [...(server.args ?? [])],
    env: { ...stdio.getDefaultEnvironment(), ...server.env },
    stderr: 'ignore',
    maxBufferSize: server.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
    ...cwdOf(server),
  });
}

function cwdOf({ cwd }: McpStdioServer): { cwd?: string } {
  return cwd === undefined ? {} : { cwd };
}

/** Tells whether a server has forgotten our session: it has done nothing, and the next connection gets a new one. */
export function isSessionLost(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const { status } = thrown as { status?: unknown };
  // 404 by the protocol; others refuse the unknown session as a bad request.
  return status === 404 || (status === 400 && /session/i.test(thrown.message));
}
