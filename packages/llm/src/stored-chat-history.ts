import type { StreamStore } from '@llmgine/core/stores';
import { createChatHistory, type ChatHistory, type ChatHistoryData } from './chat-history.ts';
import type { ConversationMessage } from './legal-view.ts';

/** Where a conversation is kept. */
export interface StoredChatHistoryOptions {
  readonly store: StreamStore;
  /** Name of its stream, e.g. `session/trip`. */
  readonly stream: string;
  /** For a conversation that is new. */
  readonly systemPrompt?: string | undefined;
}

/** A conversation and its place in a store. */
export interface StoredChatHistory {
  readonly history: ChatHistory;
  /** Writes what came since the last time; it is kept when this resolves. @throws StreamConflictError when somebody else wrote */
  save(): Promise<void>;
}

/** A record of the stream: one more message, or the conversation anew. */
type HistoryRecord =
  | { readonly type: 'message'; readonly message: ConversationMessage }
  | { readonly type: 'history'; readonly history: ChatHistoryData };

/** Opens a conversation that is kept in a store; one that is not there yet is empty. */
export async function openStoredChatHistory({
  store,
  stream,
  systemPrompt,
}: StoredChatHistoryOptions): Promise<StoredChatHistory> {
  const loaded = await load(store, stream);
  const history = createChatHistory({ systemPrompt });
  if (loaded.data) history.fromJSON(loaded.data);
  if (systemPrompt !== undefined) history.setSystemPrompt(systemPrompt);
  let { version } = loaded;
  let saved: ChatHistoryData | undefined = loaded.version > 0 ? history.toJSON() : undefined;

  return {
    history,
    async save() {
      const current = history.toJSON();
      const records = recordsBetween(saved, current);
      if (records.length === 0) return;
      version = await store.append(stream, version, records);
      saved = current;
    },
  };
}

async function load(
  store: StreamStore,
  stream: string,
): Promise<{ data: ChatHistoryData | undefined; version: number }> {
  let data: ChatHistoryData | undefined;
  let version = 0;
  for await (const record of store.read(stream) as AsyncIterable<HistoryRecord>) {
    version += 1;
    data = record.type === 'history' ? record.history : withMessage(data, record.message);
  }
  return { data, version };
}

function withMessage(
  data: ChatHistoryData | undefined,
  message: ConversationMessage,
): ChatHistoryData {
  const messages = data?.messages ?? [];
  (messages as ConversationMessage[]).push(message); // read from JSON, so nobody else's
  return { ...data, version: 1, messages };
}

/** Messages that came at the end are appended; anything else is written anew. */
function recordsBetween(
  saved: ChatHistoryData | undefined,
  current: ChatHistoryData,
): HistoryRecord[] {
  const sameHead =
    saved !== undefined &&
    saved.systemPrompt === current.systemPrompt &&
    saved.summary === current.summary &&
    saved.messages.length <= current.messages.length &&
    saved.messages.every((message, index) => message === current.messages[index]);
  if (!sameHead) return [{ type: 'history', history: current }];
  return current.messages
    .slice(saved.messages.length)
    .map((message) => ({ type: 'message', message }));
}
