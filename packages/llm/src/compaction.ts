import type { ChatHistory, TrimLimits } from './chat-history.ts';
import type { ConversationMessage } from './legal-view.ts';

/** What a compaction hook works with. */
export interface CompactionRequest {
  /** The messages that leave the conversation, whole turns. */
  readonly forgotten: readonly ConversationMessage[];
  /** What stood for turns that left before. */
  readonly summary: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Makes the text that stands for forgotten turns. */
export type Summarise = (request: CompactionRequest) => Promise<string>;

/** How to compact. */
export interface CompactionOptions {
  readonly limits: TrimLimits;
  readonly summarise: Summarise;
  readonly signal?: AbortSignal | undefined;
}

/** Replaces the oldest turns by a summary when a conversation outgrows its limits. Resolves to whether it did. */
export async function compactHistory(
  history: ChatHistory,
  { limits, summarise, signal }: CompactionOptions,
): Promise<boolean> {
  const forgotten = history.fork().trim(limits);
  if (forgotten.length === 0) return false;

  const summary = await summarise({ forgotten, summary: history.summary, signal });
  // Turns that were added meanwhile stay.
  history.trim({ maxMessages: history.length - forgotten.length });
  history.setSummary(summary);
  return true;
}
