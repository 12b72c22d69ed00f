import type { AssistantMessage, ChatMessage, ChatToolCall } from '../chat-message.ts';
import type { ChatRequest } from '../chat-model.ts';
import type { EndpointCompat } from './endpoint-compat.ts';

/** What a request goes to. */
export interface RequestTarget {
  readonly model: string;
  readonly compat: EndpointCompat;
  readonly stream: boolean;
}

/** Writes a request as an endpoint wants it. */
export function encodeRequest(
  request: ChatRequest,
  { model, compat, stream }: RequestTarget,
): Record<string, unknown> {
  const { tools, toolChoice, temperature, maxOutputTokens, extra } = request;
  return {
    model,
    messages: request.messages.map((message) => encodeMessage(message, compat)),
    ...(tools && tools.length > 0 && { tools }),
    ...(toolChoice &&
      tools &&
      tools.length > 0 &&
      compat.toolChoice && { tool_choice: toolChoice }),
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { [compat.maxTokensField]: maxOutputTokens }),
    ...(stream && { stream: true }),
    ...(stream && compat.streamUsage && { stream_options: { include_usage: true } }),
    ...extra,
  };
}

function encodeMessage(message: ChatMessage, compat: EndpointCompat): unknown {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { ...message, role: compat.systemRole };
    case 'tool':
      return { ...message, tool_call_id: fittingId(message.tool_call_id, compat) };
    case 'assistant':
      return encodeAssistant(message, compat);
    case 'user':
      return message;
    default:
      return message satisfies never;
  }
}

function encodeAssistant(message: AssistantMessage, compat: EndpointCompat): unknown {
  const encoded: Record<string, unknown> = { ...message };
  for (const field of compat.omitAssistantFields) delete encoded[field];
  if (message.content === null && (!compat.nullContent || !message.tool_calls))
    encoded['content'] = '';
  if (message.tool_calls && compat.toolCallIdLength !== undefined) {
    encoded['tool_calls'] = message.tool_calls.map((call: ChatToolCall) => ({
      ...call,
      id: fittingId(call.id, compat),
    }));
  }
  return encoded;
}

/** The same id always becomes the same shorter one. */
function fittingId(id: string, { toolCallIdLength: length }: EndpointCompat): string {
  if (length === undefined || (id.length === length && /^[a-zA-Z0-9]+$/.test(id))) return id;
  let hash = 0n;
  for (const character of id)
    hash = (hash * 1_099_511_628_211n + BigInt(character.codePointAt(0)!)) & MASK;
  return hash.toString(36).padStart(length, '0').slice(-length);
}

const MASK = (1n << 64n) - 1n;
