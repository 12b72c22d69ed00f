import type { StreamStore } from '@llmgine/core/stores';
import type { ToolCallStatus, ToolEffect } from '@llmgine/core/vocabulary';
import type { ChatHistoryData, ChatResponse } from '@llmgine/llm';
import type { ToolChatResult } from './messages.ts';

/** One step of a run, written before it acts. */
export type RunRecord =
  | {
      readonly type: 'run.started';
      readonly runId: string;
      readonly sessionId: string;
      readonly prompt: string;
      /** The conversation before the prompt. */
      readonly history: ChatHistoryData;
    }
  | { readonly type: 'model.answered'; readonly step: number; readonly response: ChatResponse }
  | ToolIntent
  | ToolSettled
  | { readonly type: 'run.finished'; readonly result: ToolChatResult };

/** A tool is about to run. */
export interface ToolIntent {
  readonly type: 'tool.intent';
  readonly step: number;
  /** Place of the call in its step, from 0. */
  readonly index: number;
  readonly toolName: string;
  readonly arguments: unknown;
  readonly effect: ToolEffect;
  readonly idempotencyKey: string;
}

/** A tool call has its result. */
export interface ToolSettled {
  readonly type: 'tool.settled';
  readonly step: number;
  readonly index: number;
  readonly status: ToolCallStatus;
  readonly content: string;
}

/** Writes the steps of one run. */
export interface RunJournal {
  /** Resolves when the record is kept. Records are kept in the order of the calls. */
  write(record: RunRecord): Promise<void>;
}

/** The stream that holds a run's journal. */
export function runStream(runId: string): string {
  return `run/${runId}`;
}

/** Continues the journal of a run whose stream is at `version`. */
export function createRunJournal(store: StreamStore, runId: string, version = 0): RunJournal {
  const stream = runStream(runId);
  let tail: Promise<number> = Promise.resolve(version);

  return {
    async write(record) {
      tail = tail.then((at) => store.append(stream, at, [record]));
      await tail;
    },
  };
}

/** Reads what is kept of a run. */
export async function readRunRecords(store: StreamStore, runId: string): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  for await (const record of store.read(runStream(runId))) records.push(record as RunRecord);
  return records;
}
