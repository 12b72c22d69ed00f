import type { EventMessage, SessionId } from '@llmgine/core';
import type { Clock } from '@llmgine/core/timing';
import type { Budget, ChatHistory, ChatModel, Usage } from '@llmgine/llm';
import type { AbortLatch } from './abort-latch.ts';
import type { LoopGuard } from './loop-guard.ts';
import type { RunToolCall } from './messages.ts';
import type { RunJournal } from './run-journal.ts';
import type { EngineTools } from './engine-tools.ts';

/** What is the same for all runs of an engine. */
export interface RunParts {
  readonly model: ChatModel;
  readonly tools: EngineTools;
  readonly history: ChatHistory;
  readonly clock: Clock;
  /** Model calls that one run may make. */
  readonly maxSteps: number;
  readonly maxOutputTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly captureContent: boolean;
}

/** One run as it goes on. */
export interface Run extends RunParts {
  readonly runId: string;
  readonly sessionId: SessionId;
  readonly signal: AbortSignal;
  readonly latch: AbortLatch;
  /** Absent: the run need not survive. */
  readonly journal: RunJournal | undefined;
  readonly budget: Budget | undefined;
  readonly guard: LoopGuard;
  /** Resolves when the bus has taken the event; never rejects. */
  publish(event: EventMessage): Promise<void>;
  /** Model calls made so far. */
  step: number;
  /** Text of the answer that is coming, or came last. */
  text: string;
  usage: Usage | undefined;
  readonly toolCalls: RunToolCall[];
}
