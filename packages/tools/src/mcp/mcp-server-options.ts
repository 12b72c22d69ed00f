import type { ToolEffect } from '@llmgine/core/vocabulary';

/** What all servers have in common. */
interface McpServerBase {
  /**
   * Stands before the names of the server's tools.
   * @default the server's name and two underscores
   */
  readonly prefix?: string | undefined;
  /**
   * What tools do to the world, by the server's own names for them.
   * @default {}
   */
  readonly effects?: Readonly<Record<string, ToolEffect>> | undefined;
  /**
   * Believes the server's annotations: `readOnlyHint` means `read`, `idempotentHint` means `idempotent`.
   * @default false: every tool is `once`
   */
  readonly trustAnnotations?: boolean | undefined;
  /**
   * Which tools to take, by the server's own names for them.
   * @default all
   */
  readonly only?: readonly string[] | undefined;
  /**
   * How long one run of a tool may take.
   * @default the manager's defaultTimeoutMs
   */
  readonly timeoutMs?: number | undefined;
  /**
   * How long connecting and listing may take.
   * @default 30_000
   */
  readonly connectTimeoutMs?: number | undefined;
}

/** A server that is started as a child process and spoken to over its standard input and output. */
export interface McpStdioServer extends McpServerBase {
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  /** Added to the few variables that are passed on by default (PATH, HOME and the like). */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: string | undefined;
  /**
   * The longest message that is accepted, in bytes.
   * @default 67_108_864 (64 MiB)
   */
  readonly maxMessageBytes?: number | undefined;
}

/** A server that is spoken to over streamable HTTP. */
export interface McpHttpServer extends McpServerBase {
  readonly url: string | URL;
  /** Sent with every request, e.g. `authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** Where a server is, and what is thought of its tools. */
export type McpServer = McpStdioServer | McpHttpServer;

/** What is wrong with a server's options. */
export function* mcpServerProblems(name: string, server: McpServer): Generator<string> {
  if (name === '') yield 'a server must have a name';
  const given = server as Partial<McpStdioServer & McpHttpServer> | undefined;
  const isStdio = typeof given?.command === 'string' && given.command !== '';
  const isHttp = given?.url !== undefined && URL.canParse(String(given.url));
  if (isStdio === isHttp) yield `server '${name}' must have either a command or a valid url`;
  for (const key of ['timeoutMs', 'connectTimeoutMs', 'maxMessageBytes'] as const) {
    const value = given?.[key];
    if (value !== undefined && !(value > 0))
      yield `server '${name}': ${key} must be above zero, got ${value}`;
  }
}
