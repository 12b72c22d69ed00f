import { toError } from '@llmgine/core';
import type { ImminentRun } from '@llmgine/tools';
import { LOOP_NUDGE } from './loop-guard.ts';
import { ToolOutcomeUnknownEvent, type RunToolCall } from './messages.ts';
import { OUTCOME_UNKNOWN, type RecordedCall } from './resume.ts';
import type { Run } from './run.ts';

/**
 * Runs the calls of the latest step side by side and gives the model one result each, in the order of the calls.
 * Those that are `nudged`, by their place, come with a word against repeating them.
 */
export async function runTools(
  run: Run,
  calls: readonly RecordedCall[],
  nudged: ReadonlySet<number>,
): Promise<void> {
  const settled: (RunToolCall | undefined)[] = calls.map(() => undefined);
  try {
    await run.latch.wait(
      Promise.all(
        calls.map(async (recorded, index) => {
          settled[index] = await settleCall(run, recorded, { index, nudge: nudged.has(index) });
        }),
      ),
    );
  } finally {
    for (const outcome of settled) {
      if (!outcome) continue;
      run.toolCalls.push(outcome);
      run.history.addToolMessage({ toolCallId: outcome.toolCallId, content: outcome.content });
    }
  }
}

interface CallPlace {
  readonly index: number;
  readonly nudge: boolean;
}

/** What is settled stays so; what may have had its one effect is not run again; the rest runs. */
async function settleCall(
  run: Run,
  { call, intent, settled }: RecordedCall,
  place: CallPlace,
): Promise<RunToolCall> {
  const base = { toolCallId: call.id, toolName: call.name, arguments: call.arguments };
  if (settled) return { ...base, status: settled.status, content: settled.content };
  if (intent?.effect === 'once') {
    await run.publish(
      ToolOutcomeUnknownEvent({
        runId: run.runId,
        toolCallId: call.id,
        toolName: call.name,
        toolArgs: call.arguments,
      }),
    );
    return record(run, place, { ...base, status: 'unknown', content: OUTCOME_UNKNOWN });
  }
  return record(run, place, { ...base, ...(await execute(run, call, place)) });
}

async function execute(
  run: Run,
  call: RecordedCall['call'],
  { index, nudge }: CallPlace,
): Promise<Pick<RunToolCall, 'status' | 'content'>> {
  const { step, signal, sessionId, runId: engineId, journal } = run;
  let notWritten: Error | undefined;
  const { status, content } = await run.tools.executeToolCall(
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

async function record(run: Run, { index }: CallPlace, outcome: RunToolCall): Promise<RunToolCall> {
  const { status, content } = outcome;
  await run.journal?.write({ type: 'tool.settled', step: run.step, index, status, content });
  return outcome;
}
