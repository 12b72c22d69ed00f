import type { CallToolResult, Tool as McpToolDefinition } from '@modelcontextprotocol/client';
import { toError, type Clock } from '@llmgine/core';
import { sleep } from '@llmgine/core/timing';
import {
  isSessionLost,
  openMcpConnection,
  type McpCall,
  type McpConnection,
  type McpLibrary,
} from './mcp-client.ts';
import { McpNotConnectedError } from './mcp-errors.ts';
import type { McpServer } from './mcp-server-options.ts';

/** How it stands with a server. */
export type McpState = 'connecting' | 'connected' | 'reconnecting' | 'closed';

/** What a session needs to know, and whom to tell. */
export interface McpSessionOptions {
  readonly name: string;
  readonly server: McpServer;
  readonly library: McpLibrary;
  readonly clock: Clock;
  readonly onTools: (tools: readonly McpToolDefinition[]) => void;
  readonly onProblem: (message: string) => void;
}

const FIRST_RECONNECT_MS = 200;
const MAX_RECONNECT_MS = 30_000;

/** Lists are fetched at most so often, however often a server says that its list has changed. */
const REFRESH_PAUSE_MS = 200;

/** Keeps a server connected: connects again when it is lost, lists its tools again when they change. */
export class McpSession {
  readonly #options: McpSessionOptions;
  readonly #ended = new AbortController();
  #connection: McpConnection | undefined;
  #connecting: Promise<boolean> | undefined;
  #reconnecting = false;
  #refresh: 'idle' | 'running' | 'again' = 'idle';
  #problem: string | undefined;
  #listable = true;
  #state: McpState = 'connecting';

  constructor(options: McpSessionOptions) {
    this.#options = options;
  }

  get state(): McpState {
    return this.#state;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** Resolves after the first attempt, also when it failed; further attempts go on by themselves. */
  async start(): Promise<void> {
    if (!(await this.#tryConnect())) void this.#reconnect();
  }

  async call(call: McpCall): Promise<CallToolResult> {
    const connection = this.#connection;
    if (!connection) throw new McpNotConnectedError(this.#options.name, this.#problem);
    try {
      return await connection.callTool(call);
    } catch (thrown) {
      if (!isSessionLost(thrown) || call.signal.aborted) throw thrown;
      return this.#callAgain(connection, call);
    }
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#ended.abort();
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close().catch(() => {});
  }

  /** The server has lost our session and so has not run the call: once more with a new session. */
  async #callAgain(lost: McpConnection, call: McpCall): Promise<CallToolResult> {
    if (this.#connection === lost) {
      this.#connection = undefined;
      void lost.close().catch(() => {});
      this.#fail('the server has lost the session');
    }
    this.#connecting ??= this.#tryConnect().finally(() => (this.#connecting = undefined));
    if (!(await this.#connecting)) void this.#reconnect();
    if (!this.#connection) throw new McpNotConnectedError(this.#options.name, this.#problem);
    return this.#connection.callTool(call);
  }

  async #reconnect(): Promise<void> {
    if (this.#reconnecting) return;
    this.#reconnecting = true;
    const { clock } = this.#options;
    const { signal } = this.#ended;
    for (let delayMs = FIRST_RECONNECT_MS; await sleep(delayMs, { clock, signal });) {
      if (this.#connection || (await this.#tryConnect())) break;
      delayMs = Math.min(delayMs * 2, MAX_RECONNECT_MS);
    }
    this.#reconnecting = false;
  }

  async #tryConnect(): Promise<boolean> {
    try {
      await this.#connect();
      return true;
    } catch (thrown) {
      this.#fail(toError(thrown).message);
      return false;
    }
  }

  async #connect(): Promise<void> {
    const { library, server, name, onTools } = this.#options;
    let open: McpConnection | undefined;
    const connection = await openMcpConnection(library, server, {
      onToolsChanged: () => void this.#refreshTools(),
      onClosed: () => this.#lose(open),
    });
    open = connection;
    try {
      const tools = await connection.listTools(this.#ended.signal);
      if (this.#ended.signal.aborted) throw new McpNotConnectedError(name, 'closed');
      this.#connection = connection;
      this.#state = 'connected';
      this.#problem = undefined;
      this.#listable = true;
      onTools(tools);
    } catch (thrown) {
      await connection.close().catch(() => {});
      throw thrown;
    }
  }

  /** A connection that is lost while it opens is not ours yet. */
  #lose(connection: McpConnection | undefined): void {
    if (!connection || this.#connection !== connection || this.#ended.signal.aborted) return;
    this.#connection = undefined;
    this.#fail('the connection was lost');
    void this.#reconnect();
  }

  #fail(problem: string): void {
    if (this.#ended.signal.aborted) return;
    this.#problem = problem;
    if (this.#state === 'reconnecting') return; // a server that stays away is told of once
    this.#state = 'reconnecting';
    this.#options.onProblem(problem);
  }

  async #refreshTools(): Promise<void> {
    if (this.#refresh !== 'idle') {
      this.#refresh = 'again';
      return;
    }
    const { clock, onTools, onProblem } = this.#options;
    const { signal } = this.#ended;
    do {
      this.#refresh = 'running';
      try {
        const tools = await this.#connection?.listTools(signal);
        this.#listable = true;
        if (tools) onTools(tools);
      } catch (thrown) {
        const isNew = this.#listable && !signal.aborted;
        this.#listable = false;
        if (isNew) onProblem(`its tools could not be listed: ${toError(thrown).message}`);
      }
      await sleep(REFRESH_PAUSE_MS, { clock, signal });
    } while (this.#wantsRefresh() && !signal.aborted);
    this.#refresh = 'idle';
  }

  #wantsRefresh(): boolean {
    return this.#refresh === 'again';
  }
}
