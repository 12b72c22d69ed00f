export { McpCallError, McpNotConnectedError } from './mcp-errors.ts';
export type { McpHttpServer, McpServer, McpStdioServer } from './mcp-server-options.ts';
export {
  connectMcpTools,
  type McpProblem,
  type McpServerStatus,
  type McpTools,
  type McpToolsOptions,
} from './mcp-tools.ts';
export { createToolPins, type ToolPins } from './tool-pin.ts';
