import { toError } from '@llmgine/core';
import type { ModelToolCall } from '@llmgine/llm';
import type { ImminentRun, ToolCall, ToolCallOptions } from '@llmgine/tools';
import { LOOP_NUDGE, type LoopVerdict } from './loop-guard.ts';
import { ToolOutcomeUnknownEvent, type RunToolCall } from './messages.ts';
import { OUTCOME_UNKNOWN, type RecordedCall } from './resume.ts';
import type { RunJournal } from './run-journal.ts';
import type { Run } from './run.ts';

/** Runs the calls of the latest step side by side and gives the model one result each, in the order of the calls. */
export async function runTools(
  run: Run,
  calls: readonly RecordedCall[],
  verdicts: readonly LoopVerdict[],
): Promise<void> {
  if (run.tellsStatus) await run.tell('executing tools');
  const outcomes: (RunToolCall | undefined)[] = calls.map(() => undefined);
  const settling = calls.map((recorded, index) =>
    settleCall(run, recorded, { index, nudge: verdicts[index] === 'nudge', outcomes }),
  );
  const all: Promise<unknown> = settling.length === 1 ? settling[0]! : Promise.all(settling);
  try {
    await run.abort.wait(all);
  } finally {
    for (const outcome of outcomes) {
      if (!outcome) continue;
      run.toolCalls.push(outcome);
      const { toolCallId, content } = outcome;
      run.parts.history.addToolMessage({ toolCallId, content });
    }
  }
}

interface CallPlace {
  readonly index: number;
  /** The result comes with a word against repeating the call. */
  readonly nudge: boolean;
  /** Gets the outcome at its index. */
  readonly outcomes: (RunToolCall | undefined)[];
}

/** What is settled stays so; what may have had its one effect is not run again; the rest runs. */
async function settleCall(run: Run, recorded: RecordedCall, place: CallPlace): Promise<void> {
  const { call, intent, settled } = recorded;
  const { index, outcomes } = place;
  const mayRun = !settled && intent?.effect !== 'once';
  const known =
    settled ?? (mayRun ? await execute(run, call, index) : await tellUnknown(run, call));
  const { status } = known;
  const content = mayRun && place.nudge ? `${known.content}\n\n${LOOP_NUDGE}` : known.content;
  if (run.journal && !settled) {
    await run.journal.write({ type: 'tool.settled', step: run.step, index, status, content });
  }
  const { id: toolCallId, name: toolName, arguments: args } = call;
  outcomes[index] = { toolCallId, toolName, arguments: args, status, content };
}

type CallOutcome = Pick<RunToolCall, 'status' | 'content'>;

async function tellUnknown(run: Run, call: ModelToolCall): Promise<CallOutcome> {
  if (run.isHeard(ToolOutcomeUnknownEvent)) {
    const { id: toolCallId, name: toolName, arguments: toolArgs } = call;
    const { runId } = run;
    await run.publish(ToolOutcomeUnknownEvent({ runId, toolCallId, toolName, toolArgs }));
  }
  return { status: 'unknown', content: OUTCOME_UNKNOWN };
}

function execute(run: Run, call: ModelToolCall, index: number): Promise<CallOutcome> {
  const { abort, runId: engineId, parts } = run;
  const { sessionId, tools } = parts;
  const keyed = { ...call, idempotencyKey: `${engineId}:${run.step}:${index}` };
  const options = { signal: abort.notice, sessionId, engineId };
  return run.journal
    ? executeWritten(run, run.journal, { keyed, options, index })
    : tools.executeToolCall(keyed, options);
}

interface WrittenCall {
  readonly keyed: ToolCall & ModelToolCall;
  readonly options: ToolCallOptions;
  readonly index: number;
}

/** What cannot be written down must not begin. */
async function executeWritten(
  { parts, step }: Run,
  journal: RunJournal,
  { keyed, options, index }: WrittenCall,
): Promise<CallOutcome> {
  let notWritten: Error | undefined;
  const outcome = await parts.tools.executeToolCall(keyed, { ...options, beforeRun });
  if (notWritten) throw notWritten;
  return outcome;

  async function beforeRun({ args, effect, idempotencyKey }: ImminentRun): Promise<void> {
    const place = { step, index, toolName: keyed.name };
    try {
      const intent = { ...place, arguments: args, effect, idempotencyKey };
      await journal.write({ type: 'tool.intent', ...intent });
    } catch (thrown) {
      notWritten = toError(thrown);
      throw thrown;
    }
  }
}
