import type { ChatHistory, ModelToolCall } from '@llmgine/llm';
import type { RunRecord, ToolIntent, ToolSettled } from './run-journal.ts';
import type { ToolChatResult } from './messages.ts';

/** A step whose answer is known, with what is known of its calls. */
export interface RecordedStep {
  readonly step: number;
  readonly response: Extract<RunRecord, { type: 'model.answered' }>['response'];
  readonly calls: readonly RecordedCall[];
}

/** A call of a recorded step: never begun, begun without a known outcome, or settled. */
export interface RecordedCall {
  readonly call: ModelToolCall;
  readonly intent: ToolIntent | undefined;
  readonly settled: ToolSettled | undefined;
}

/** What a journal tells of a run. */
export interface RecordedRun {
  readonly started: Extract<RunRecord, { type: 'run.started' }>;
  readonly steps: readonly RecordedStep[];
  /** Set when the run had ended. */
  readonly result: ToolChatResult | undefined;
  /** Records in the journal. */
  readonly version: number;
}

/** Puts the records of a run together. Undefined: the run never began. */
export function recordedRun(records: readonly RunRecord[]): RecordedRun | undefined {
  const [started] = records;
  if (started?.type !== 'run.started') return undefined;
  const answered = records.filter((record) => record.type === 'model.answered');
  return {
    started,
    steps: answered.map(({ step, response }) => ({
      step,
      response,
      calls: response.message.toolCalls.map((call, index) => ({
        call,
        intent: records.findLast((record): record is ToolIntent =>
          isOfCall(record, 'tool.intent', { step, index }),
        ),
        settled: records.findLast((record): record is ToolSettled =>
          isOfCall(record, 'tool.settled', { step, index }),
        ),
      })),
    })),
    result: records.find((record) => record.type === 'run.finished')?.result,
    version: records.length,
  };
}

/** What the model and the user are told of a call that must not be repeated. */
export const OUTCOME_UNKNOWN =
  'Outcome unknown: the program was interrupted while this ran. It may or may not have taken effect, and it was not run again. Find out before you repeat it, or ask the user.';

/** Gives a new engine the turn of a run that had ended. */
export function restoreTurn(history: ChatHistory, { started, steps }: RecordedRun): void {
  if (history.length > started.history.messages.length) return;
  history.fromJSON(started.history);
  history.addUserMessage(started.prompt);
  for (const { response, calls } of steps) {
    history.addAssistantMessage(response.message.content, response.message);
    for (const { call, settled } of calls) {
      if (settled) history.addToolMessage({ toolCallId: call.id, content: settled.content });
    }
  }
  history.closeOpenToolCalls();
}

function isOfCall(
  record: RunRecord,
  type: 'tool.intent' | 'tool.settled',
  { step, index }: { readonly step: number; readonly index: number },
): boolean {
  return record.type === type && record.step === step && record.index === index;
}
