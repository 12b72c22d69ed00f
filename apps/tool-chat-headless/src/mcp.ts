import { readFileSync } from 'node:fs';
import type { ToolManager } from '@llmgine/tools';
import type { McpServer, McpTools } from '@llmgine/tools/mcp';
import { UsageError } from './usage-error.ts';

/** Connects the servers of a config file, in the format that other MCP clients use: `{ "mcpServers": { … } }`. */
export async function connectMcp(
  file: string,
  tools: ToolManager,
  notice: (text: string) => void,
): Promise<McpTools> {
  const servers = readServers(file);
  const { connectMcpTools } = await import('@llmgine/tools/mcp');
  return connectMcpTools(tools, {
    servers,
    onProblem: ({ server, message }) => notice(`MCP server ${server}: ${message}`),
  });
}

/** @throws UsageError */
function readServers(file: string): Record<string, McpServer> {
  let config: unknown;
  try {
    config = JSON.parse(readFileSync(file, 'utf8'));
  } catch (thrown) {
    throw new UsageError(
      `Cannot read --mcp ${file}: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    );
  }
  const { mcpServers, servers = mcpServers } = (config ?? {}) as Record<string, unknown>;
  if (typeof servers !== 'object' || servers === null || Array.isArray(servers)) {
    throw new UsageError(
      `--mcp ${file} has no "mcpServers". It looks like { "mcpServers": { "name": { "command": "…", "args": [] } } }.`,
    );
  }
  return Object.fromEntries(
    Object.entries(servers as Record<string, McpServer & { disabled?: boolean }>)
      .filter(([, { disabled }]) => disabled !== true)
      .map(([name, server]) => [name, withVariables(server) as McpServer]),
  );
}

/** `${NAME}` stands for an environment variable, so that keys need not be in the file. */
function withVariables(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => process.env[name] ?? '');
  }
  if (Array.isArray(value)) return value.map(withVariables);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withVariables(inner)]),
  );
}
