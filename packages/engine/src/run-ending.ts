import { toError, toErrorData } from '@llmgine/core';
import { BudgetExceededError, type BudgetLimit } from '@llmgine/llm';
import { ToolChatRunFinishedEvent, type StopReason, type ToolChatResult } from './messages.ts';
import type { Run } from './run.ts';

/** How a run ended, and the error when it failed. */
export interface Ending {
  readonly stopReason: StopReason;
  readonly limit?: BudgetLimit;
  readonly error: Error | undefined;
}

/** What it means that a run ended by an error: a limit, an abort, or a failure. */
export function failedEnding(run: Run, thrown: unknown): Ending {
  const cause: unknown = run.signal.aborted ? run.signal.reason : thrown;
  for (const each of [thrown, cause]) {
    if (!(each instanceof BudgetExceededError)) continue;
    return { stopReason: 'budget', limit: each.limit, error: undefined };
  }
  return { stopReason: run.signal.aborted ? 'aborted' : 'error', error: toError(cause) };
}

/** A failed turn that did nothing is taken back, so that the prompt can be given again; any other ends with a word to the model. */
export function tidyHistory(run: Run, { stopReason, error }: Ending, before: number): void {
  const { history } = run.parts;
  history.closeOpenToolCalls();
  if (stopReason === 'error' && run.toolCalls.length === 0) history.truncate(before);
  else if (stopReason === 'error')
    history.addAssistantMessage(`No answer: ${error?.message ?? 'the run failed'}`);
  else if (stopReason === 'aborted')
    history.addAssistantMessage(`${run.text}\n[interrupted]`.trim());
}

/** What came of the run. */
export function resultOf(run: Run, { stopReason, limit }: Ending): ToolChatResult {
  const { runId, text, step: steps, toolCalls, usage = {} } = run;
  return limit
    ? { runId, text, stopReason, limit, steps, toolCalls, usage }
    : { runId, text, stopReason, steps, toolCalls, usage };
}

/** Somebody wants to hear, or to be able to read, how the run ended. */
export function isTold(run: Run): boolean {
  return run.journal !== undefined || run.tellsStatus || run.isHeard(ToolChatRunFinishedEvent);
}

/** Writes the result down, then tells it. */
export async function tellEnding(
  run: Run,
  { stopReason, error }: Ending,
  result: ToolChatResult,
): Promise<void> {
  // A failed run stays open in the journal: it can be resumed.
  // The answer counts even where its journal can no longer be written: nothing would be run again.
  if (run.journal && stopReason !== 'error') {
    await run.flush(run.journal.write({ type: 'run.finished', result }));
  }
  await run.tell(stopReason === 'error' || stopReason === 'aborted' ? 'failed' : 'finished');
  if (!run.isHeard(ToolChatRunFinishedEvent)) return;
  await run.publish(
    ToolChatRunFinishedEvent({ ...result, ...(error && { error: toErrorData(error) }) }),
  );
}
