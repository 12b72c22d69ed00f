import { InvalidOptionsError } from '@llmgine/core';
import {
  toChatToolCall,
  type AssistantMessage,
  type ChatMessage,
  type ContentPart,
  type ModelToolCall,
} from './chat-message.ts';
import { ToolCallNotOpenError } from './errors.ts';
import { legalView, type ConversationMessage } from './legal-view.ts';
import { countCharacters, splitTurns } from './turns.ts';

/** How to begin a history. */
export interface ChatHistoryOptions {
  readonly systemPrompt?: string | undefined;
}

/** What an assistant message has besides its text. */
export interface AssistantMessageOptions {
  readonly toolCalls?: readonly ModelToolCall[] | undefined;
  /** Fields of the endpoint's own, kept and sent back. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined;
}

/** The one result of a tool call. */
export interface ToolMessageOptions {
  readonly toolCallId: string;
  readonly content: string;
}

/** How much of a conversation to keep. */
export interface TrimLimits {
  /** @default any number */
  readonly maxMessages?: number | undefined;
  /** Characters of all messages, the system prompt and tool arguments included. @default any number */
  readonly maxCharacters?: number | undefined;
}

/** A conversation as plain data. */
export interface ChatHistoryData {
  readonly version: 1;
  readonly systemPrompt?: string;
  readonly summary?: string;
  readonly messages: readonly ConversationMessage[];
}

/** A conversation that can be sent to an endpoint at any moment. */
export interface ChatHistory {
  setSystemPrompt(prompt: string | undefined): void;
  /** Ends the turn before: calls that still wait for a result get one that says so. */
  addUserMessage(content: string | readonly ContentPart[]): void;
  /** @throws InvalidOptionsError when two of the calls have one id, or one has none */
  addAssistantMessage(content: string | null, options?: AssistantMessageOptions): void;
  /** @throws ToolCallNotOpenError */
  addToolMessage(message: ToolMessageOptions): void;
  /** Gives every call that waits for a result this one. */
  closeOpenToolCalls(content?: string): void;
  /** Ids of calls that wait for a result, in order. */
  readonly openToolCalls: readonly string[];
  /** What to send: every call has one result, roles alternate. */
  getMessages(): readonly ChatMessage[];
  /** Messages kept, without the system prompt. */
  readonly length: number;
  /** Forgets what came after the first `length` messages. */
  truncate(length: number): void;
  /** Forgets whole turns, oldest first, until the rest fits; never the last turn. Returns the messages it forgot. */
  trim(limits: TrimLimits): readonly ConversationMessage[];
  /** Text that stands for forgotten turns; it is sent after the system prompt. */
  setSummary(summary: string | undefined): void;
  readonly summary: string | undefined;
  /** A copy of the first `at` messages (default all) that goes its own way. */
  fork(at?: number): ChatHistory;
  /** Forgets the messages and the summary, keeps the system prompt. */
  clear(): void;
  toJSON(): ChatHistoryData;
  /** Takes over a saved conversation, mending what is not legal in it. @throws InvalidOptionsError */
  fromJSON(data: ChatHistoryData): void;
}

/** The result of a call that was never given one. */
export const NO_RESULT = 'No result: the call was interrupted.';

/** Makes an empty conversation. */
export function createChatHistory({ systemPrompt }: ChatHistoryOptions = {}): ChatHistory {
  return new RecordedChatHistory(systemPrompt);
}

class RecordedChatHistory implements ChatHistory {
  #systemPrompt: string | undefined;
  #summary: string | undefined;
  #messages: ConversationMessage[] = [];
  /** Ids of the last assistant message's calls that wait for a result. Few, and a set would leave a table behind at each. */
  readonly #open: string[] = [];

  constructor(systemPrompt: string | undefined) {
    this.#systemPrompt = systemPrompt;
  }

  get openToolCalls(): readonly string[] {
    return [...this.#open];
  }

  get length(): number {
    return this.#messages.length;
  }

  get summary(): string | undefined {
    return this.#summary;
  }

  setSystemPrompt(prompt: string | undefined): void {
    this.#systemPrompt = prompt;
  }

  setSummary(summary: string | undefined): void {
    this.#summary = summary;
  }

  addUserMessage(content: string | readonly ContentPart[]): void {
    this.closeOpenToolCalls();
    this.#messages.push({ role: 'user', content });
  }

  addAssistantMessage(
    content: string | null,
    { toolCalls = [], extra }: AssistantMessageOptions = {},
  ): void {
    checkIds(toolCalls);
    const said = { role: 'assistant', content } as const;
    const message =
      toolCalls.length > 0 ? { ...said, tool_calls: toolCalls.map(toChatToolCall) } : said;
    this.#append(extra ? { ...extra, ...message } : message);
  }

  addToolMessage({ toolCallId, content }: ToolMessageOptions): void {
    if (!this.#close(toolCallId)) throw new ToolCallNotOpenError(toolCallId);
    this.#messages.push({ role: 'tool', tool_call_id: toolCallId, content });
  }

  closeOpenToolCalls(content: string = NO_RESULT): void {
    if (this.#open.length === 0) return;
    for (const toolCallId of this.#open) {
      this.#messages.push({ role: 'tool', tool_call_id: toolCallId, content });
    }
    this.#open.length = 0;
  }

  getMessages(): readonly ChatMessage[] {
    const view = legalView(this.#messages, this.#open);
    if (!this.#systemPrompt && !this.#summary) return view;
    const instructions = [this.#systemPrompt, this.#summary].filter(Boolean).join('\n\n');
    return [{ role: 'system', content: instructions }, ...view];
  }

  truncate(length: number): void {
    if (length < this.#messages.length) this.#replace(this.#messages.slice(0, Math.max(length, 0)));
  }

  trim({ maxMessages = Infinity, maxCharacters = Infinity }: TrimLimits): ConversationMessage[] {
    const turns = splitTurns(this.#messages);
    const fixed = (this.#systemPrompt?.length ?? 0) + (this.#summary?.length ?? 0);
    let characters = fixed + countCharacters(this.#messages);
    let count = this.#messages.length;
    const forgotten: ConversationMessage[] = [];
    while (turns.length > 1 && (count > maxMessages || characters > maxCharacters)) {
      const turn = turns.shift()!;
      count -= turn.length;
      characters -= countCharacters(turn);
      forgotten.push(...turn);
    }
    this.#messages = turns.flat();
    return forgotten;
  }

  fork(at: number = this.#messages.length): ChatHistory {
    const copy = new RecordedChatHistory(this.#systemPrompt);
    copy.#summary = this.#summary;
    copy.#replace(this.#messages.slice(0, Math.max(at, 0)));
    return copy;
  }

  clear(): void {
    this.#replace([]);
    this.#summary = undefined;
  }

  toJSON(): ChatHistoryData {
    return {
      version: 1,
      ...(this.#systemPrompt !== undefined && { systemPrompt: this.#systemPrompt }),
      ...(this.#summary !== undefined && { summary: this.#summary }),
      messages: [...this.#messages],
    };
  }

  fromJSON(data: ChatHistoryData): void {
    if (data?.version !== 1 || !Array.isArray(data.messages)) {
      throw new InvalidOptionsError('read chat history', [
        `expected { version: 1, messages: [...] }, got ${JSON.stringify(data)?.slice(0, 60)}`,
      ]);
    }
    this.#systemPrompt = data.systemPrompt;
    this.#summary = data.summary;
    this.#replace(data.messages);
  }

  /** Everything that is kept passes here or through the adders, so it is legal whatever it was. */
  #replace(messages: readonly ConversationMessage[]): void {
    this.#messages = [];
    this.#open.length = 0;
    for (const message of messages) {
      if (message.role === 'user') this.addUserMessage(message.content);
      else if (message.role === 'assistant') this.#append(withDistinctCalls(message));
      else if (this.#close(message.tool_call_id)) this.#messages.push(message);
    }
  }

  #append(message: AssistantMessage): void {
    this.closeOpenToolCalls();
    this.#messages.push(message);
    if (message.tool_calls) this.#open.push(...message.tool_calls.map(({ id }) => id));
  }

  /** False: no such call is open. */
  #close(toolCallId: string): boolean {
    const place = this.#open.indexOf(toolCallId);
    if (place >= 0) this.#open.splice(place, 1);
    return place >= 0;
  }
}

function checkIds(calls: readonly ModelToolCall[]): void {
  if (calls.length === 0 || (calls.length === 1 && calls[0]?.id)) return;
  const ids = calls.map(({ id }) => id);
  const problems = ids.flatMap((id, index) => {
    if (!id) return [`tool call ${index + 1} has no id`];
    return ids.indexOf(id) === index ? [] : [`two tool calls have the id '${id}'`];
  });
  if (problems.length > 0) throw new InvalidOptionsError('add assistant message', problems);
}

function withDistinctCalls(message: AssistantMessage): AssistantMessage {
  const { tool_calls: calls, ...rest } = message;
  if (!calls || calls.length === 0) return rest;
  const distinct = [...new Map(calls.map((call) => [call.id, call])).values()];
  return distinct.length === calls.length ? message : { ...message, tool_calls: distinct };
}
