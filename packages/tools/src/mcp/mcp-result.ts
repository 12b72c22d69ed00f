import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client';
import { McpCallError } from './mcp-errors.ts';

/**
 * Gives a server's answer as a tool's value: its structured content, or else its text.
 * @throws McpCallError when the server says that the tool failed
 */
export function readMcpResult(server: string, result: CallToolResult): unknown {
  const text = (result.content ?? []).map(textOf).join('\n');
  if (result.isError) throw new McpCallError(server, text || 'The server gave no reason.');
  return result.structuredContent ?? text;
}

/** What is no text is named, not sent: models that cannot see it should know that it is there. */
function textOf(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `[${block.type} ${block.mimeType}, ${bytesOf(block.data)} bytes]`;
    case 'resource_link':
      return `[resource ${block.uri}]`;
    case 'resource': {
      const { resource } = block;
      return 'text' in resource
        ? resource.text
        : `[resource ${resource.uri}, ${bytesOf(resource.blob)} bytes]`;
    }
    default:
      return `[${String((block as { type: unknown }).type)}]`;
  }
}

/** Of base64 text. */
function bytesOf(data: string): number {
  return Buffer.byteLength(data, 'base64');
}
