import type { ChatMessage, ChatTool, ModelToolCall } from './chat-message.ts';
import type { Usage } from './usage.ts';

/** What a model is asked. */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ChatTool[] | undefined;
  readonly toolChoice?: 'auto' | 'none' | 'required' | undefined;
  readonly temperature?: number | undefined;
  /** Longest answer, in tokens. */
  readonly maxOutputTokens?: number | undefined;
  /** Fields that go to the endpoint as they are. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

/** How to ask. */
export interface ChatCallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The model's message, with its tool calls in a simple shape. */
export interface ModelMessage {
  readonly role: 'assistant';
  readonly content: string | null;
  readonly toolCalls: readonly ModelToolCall[];
  /** Set when the model refused to answer. */
  readonly refusal?: string;
  /** What else the endpoint put into the message (reasoning, signatures), to be sent back. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Why the model stopped; what an endpoint calls otherwise becomes `stop` or `tool_calls`. */
export type FinishReason = 'stop' | 'tool_calls' | 'length' | 'content_filter';

/** A complete answer. */
export interface ChatResponse {
  readonly message: ModelMessage;
  readonly finishReason: FinishReason;
  /** The endpoint's own word for it. */
  readonly rawFinishReason?: string;
  readonly usage: Usage;
  /** Calls that must not run, because the answer was cut off or filtered. */
  readonly withheldToolCalls?: readonly ModelToolCall[];
  readonly responseId?: string;
  readonly responseModel?: string;
}

/** One piece of an answer as it comes; the last one is the whole. */
export type ChatDelta =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'refusal'; readonly text: string }
  | ({ readonly type: 'final' } & ChatResponse);

/** Answers chats. Failures are `ModelError`s; an abort rejects with the signal's reason. */
export interface ChatModel {
  /** Whose endpoint this is, e.g. `openai`. */
  readonly provider: string;
  readonly model: string;
  /** @throws ModelError */
  generate(request: ChatRequest, options?: ChatCallOptions): Promise<ChatResponse>;
  /** Deltas, then one `final`. @throws ModelError */
  stream(request: ChatRequest, options?: ChatCallOptions): AsyncIterable<ChatDelta>;
}
