/** One piece of a user's message: text, an image, or whatever else an endpoint understands. */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: string; readonly [field: string]: unknown };

/** A tool call in the shape of the Chat Completions protocol. */
export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    /** JSON text. */
    readonly arguments: string;
  };
  /** What an endpoint adds, e.g. a thought signature; it is sent back. */
  readonly [field: string]: unknown;
}

/** Instructions that stand before the conversation. */
export interface SystemMessage {
  readonly role: 'system' | 'developer';
  readonly content: string;
}

/** What a person says. */
export interface UserMessage {
  readonly role: 'user';
  readonly content: string | readonly ContentPart[];
}

/** What the model says. Fields that are unknown here are kept and sent back. */
export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content: string | null;
  readonly tool_calls?: readonly ChatToolCall[];
  readonly [field: string]: unknown;
}

/** What a tool gave for one call. */
export interface ToolMessage {
  readonly role: 'tool';
  readonly tool_call_id: string;
  readonly content: string;
}

/** One message in the shape of the Chat Completions protocol. */
export type ChatMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

/** A tool as models are told of it. */
export interface ChatTool {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    /** JSON Schema. */
    readonly parameters?: Readonly<Record<string, unknown>>;
  };
}

/** A call that a model asks for. */
export interface ModelToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text as the model wrote it; `{}` when it wrote nothing. */
  readonly arguments: string;
  /** What the endpoint adds to the call, kept so that it can be sent back. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Gives a call the shape of the Chat Completions protocol. */
export function toChatToolCall({ id, name, arguments: args, extra }: ModelToolCall): ChatToolCall {
  return { ...extra, id, type: 'function', function: { name, arguments: args } };
}
