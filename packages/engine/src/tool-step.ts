import { toError } from '@llmgine/core';
import type { ImminentRun } from '@llmgine/tools';
import { LOOP_NUDGE, type LoopVerdict } from './loop-guard.ts';
import { ToolOutcomeUnknownEvent, type RunToolCall } from './messages.ts';
import { OUTCOME_UNKNOWN, type RecordedCall } from './resume.ts';
import type { Run } from './run.ts';

/** Runs the calls of the latest step side by side and gives the model one result each, in the order of the calls. */
export async function runTools(
  run: Run,
  calls: readonly RecordedCall[],
  verdicts: readonly LoopVerdict[],
): Promise<void> {
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
  const { id: toolCallId, name: toolName, arguments: args } = recorded.call;
  const { status, content } =
    recorded.settled ??
    (recorded.intent?.effect === 'once'
      ? await tellUnknown(run, recorded.call)
      : await execute(run, recorded.call, place));
  const { index, outcomes } = place;
  if (run.journal && !recorded.settled) {
    await run.journal.write({ type: 'tool.settled', step: run.step, index, status, content });
  }
  outcomes[index] = { toolCallId, toolName, arguments: args, status, content };
}

type CallOutcome = Pick<RunToolCall, 'status' | 'content'>;

async function tellUnknown(run: Run, call: RecordedCall['call']): Promise<CallOutcome> {
  if (run.isHeard(ToolOutcomeUnknownEvent)) {
    const { id: toolCallId, name: toolName, arguments: toolArgs } = call;
    const { runId } = run;
    await run.publish(ToolOutcomeUnknownEvent({ runId, toolCallId, toolName, toolArgs }));
  }
  return { status: 'unknown', content: OUTCOME_UNKNOWN };
}

async function execute(
  run: Run,
  call: RecordedCall['call'],
  { index, nudge }: CallPlace,
): Promise<CallOutcome> {
  const { step, signal, runId: engineId, journal, parts } = run;
  const { sessionId, tools } = parts;
  let notWritten: Error | undefined;
  const { status, content } = await tools.executeToolCall(
    { ...call, idempotencyKey: `${run.runId}:${step}:${index}` },
    { signal, sessionId, engineId, ...(journal && { beforeRun: writeIntent }) },
  );
  if (notWritten) throw notWritten;
  return { status, content: nudge ? `${content}\n\n${LOOP_NUDGE}` : content };

  /** What cannot be written down must not begin. */
  async function writeIntent({ args, effect, idempotencyKey }: ImminentRun): Promise<void> {
    try {
      await journal?.write({
        type: 'tool.intent',
        step,
        index,
        toolName: call.name,
        arguments: args,
        effect,
        idempotencyKey,
      });
    } catch (thrown) {
      notWritten = toError(thrown);
      throw thrown;
    }
  }
}
