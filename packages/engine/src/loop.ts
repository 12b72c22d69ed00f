import { addUsage, type ChatResponse, type ModelToolCall } from '@llmgine/llm';
import type { LoopVerdict } from './loop-guard.ts';
import { ToolChatEngineStatusEvent, type RunStatus, type StopReason } from './messages.ts';
import { askModel } from './model-step.ts';
import type { RecordedCall, RecordedStep } from './resume.ts';
import type { Run } from './run.ts';
import { runTools } from './tool-step.ts';

/** What a step led to: the run's end, or another step. */
type StepOutcome = StopReason | 'goOn';

/** Asks the model and runs the tools that it calls until it answers or a limit is met. */
export async function runLoop(run: Run): Promise<StopReason> {
  for (;;) {
    if (run.step >= run.parts.maxSteps) return 'stepLimit';
    await tell(run, run.step === 0 ? 'calling LLM' : 'getting final response');
    const response = await askModel(run);
    const { journal, step } = run;
    if (journal) await run.abort.wait(journal.write({ type: 'model.answered', step, response }));
    const outcome = await takeStep(run, response, response.message.toolCalls.map(fresh));
    if (outcome !== 'goOn') return outcome;
  }
}

/** Goes through a step that was recorded before a crash. */
export async function replayStep(
  run: Run,
  { step, response, calls }: RecordedStep,
): Promise<StepOutcome> {
  run.step = step;
  run.usage = addUsage(run.usage, response.usage);
  return takeStep(run, response, calls);
}

/** Publishes where the run is, if anybody wants to know. */
export function tell(run: Run, status: RunStatus): Promise<void> | undefined {
  if (!run.isHeard(ToolChatEngineStatusEvent)) return undefined;
  return run.publish(ToolChatEngineStatusEvent({ runId: run.runId, status, step: run.step }));
}

async function takeStep(
  run: Run,
  response: ChatResponse,
  calls: readonly RecordedCall[],
): Promise<StepOutcome> {
  const { message, finishReason } = response;
  const { history } = run.parts;
  run.text = message.content ?? message.refusal ?? '';
  history.addAssistantMessage(run.text === '' ? null : run.text, message);
  if (finishReason === 'length') return 'lengthLimit';
  if (finishReason === 'content_filter' || message.refusal !== undefined) return 'refused';
  if (calls.length === 0) return 'answered';

  const verdicts = calls.map(({ call }) => judge(run, call));
  if (verdicts.includes('stop')) {
    history.closeOpenToolCalls('Not run: the same call was made too often.');
    return 'loop';
  }
  await tell(run, 'executing tools');
  await runTools(run, calls, verdicts);
  return 'goOn';
}

function judge(run: Run, { name, arguments: args }: ModelToolCall): LoopVerdict {
  return run.parts.tools.getTool(name)?.polling ? 'go' : run.guard.judge(name, args);
}

function fresh(call: ModelToolCall): RecordedCall {
  return { call, intent: undefined, settled: undefined };
}
