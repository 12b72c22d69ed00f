import { addUsage, type ChatResponse, type ModelToolCall } from '@llmgine/llm';
import type { LoopVerdict } from './loop-guard.ts';
import type { StopReason } from './messages.ts';
import { askModel } from './model-step.ts';
import type { RecordedCall, RecordedStep } from './resume.ts';
import type { Run } from './run.ts';
import { runTools } from './tool-step.ts';

/** Asks the model and runs the tools that it calls until it answers or a limit is met. */
export async function runLoop(run: Run): Promise<StopReason> {
  for (;;) {
    if (run.step >= run.parts.maxSteps) return 'stepLimit';
    if (run.tellsStatus) await run.tell(run.step === 0 ? 'calling LLM' : 'getting final response');
    const response = await askModel(run);
    const { journal, step } = run;
    if (journal) await run.abort.wait(journal.write({ type: 'model.answered', step, response }));
    const outcome = takeStep(run, response, response.message.toolCalls.map(fresh));
    if (typeof outcome === 'string') return outcome;
    await outcome;
  }
}

/** Goes through a step that was recorded before a crash: to the run's end, or through its tools. */
export function replayStep(
  run: Run,
  { step, response, calls }: RecordedStep,
): StopReason | Promise<void> {
  run.step = step;
  run.usage = addUsage(run.usage, response.usage);
  return takeStep(run, response, calls);
}

/** The answer ends the run, or its tools are run. */
function takeStep(
  run: Run,
  { message, finishReason }: ChatResponse,
  calls: readonly RecordedCall[],
): StopReason | Promise<void> {
  const { history } = run.parts;
  run.text = message.content ?? message.refusal ?? '';
  history.addAssistantMessage(run.text === '' ? null : run.text, message);
  if (finishReason === 'length') return 'lengthLimit';
  if (finishReason === 'content_filter' || message.refusal !== undefined) return 'refused';
  if (calls.length === 0) return 'answered';

  const verdicts = calls.map(({ call }) => judge(run, call));
  if (!verdicts.includes('stop')) return runTools(run, calls, verdicts);
  history.closeOpenToolCalls('Not run: the same call was made too often.');
  return 'loop';
}

function judge(run: Run, { name, arguments: args }: ModelToolCall): LoopVerdict {
  return run.parts.tools.getTool(name)?.polling ? 'go' : run.guard.judge(name, args);
}

function fresh(call: ModelToolCall): RecordedCall {
  return { call, intent: undefined, settled: undefined };
}
