import { LlmgineError } from '@llmgine/core';

/** A tool's server is not there. Nothing was sent to it. */
export class McpNotConnectedError extends LlmgineError {
  override readonly name = 'McpNotConnectedError';
  readonly code = 'LLMGINE_MCP_NOT_CONNECTED';
  readonly server: string;

  constructor(server: string, problem: string | undefined) {
    super(
      `The server '${server}' is not connected${problem ? ` (${problem})` : ''}. Nothing was done. It is tried again in the background.`,
    );
    this.server = server;
  }
}

/** A server says that its tool failed. */
export class McpCallError extends LlmgineError {
  override readonly name = 'McpCallError';
  readonly code = 'LLMGINE_MCP_CALL';
  readonly server: string;

  constructor(server: string, message: string) {
    super(message);
    this.server = server;
  }
}
