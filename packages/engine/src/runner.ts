import { fail, ok, toError, toErrorData, type HandlerContext, type Outcome } from '@llmgine/core';
import type { StreamStore } from '@llmgine/core/stores';
import { sleep } from '@llmgine/core/timing';
import { budget, BudgetExceededError, type Budget } from '@llmgine/llm';
import type { RunLimits } from './engine-options.ts';
import { RunNotFoundError } from './errors.ts';
import { replayStep, runLoop, tell } from './loop.ts';
import { ToolChatRunFinishedEvent, type StopReason, type ToolChatResult } from './messages.ts';
import type { PromptGate } from './prompt-gate.ts';
import { recordedRun, restoreTurn, type RecordedRun } from './resume.ts';
import { RunAbort } from './run-abort.ts';
import { createRunJournal, readRunRecords, type RunJournal } from './run-journal.ts';
import { Run, type RunParts } from './run.ts';

/** What runs are made of. */
export interface RunnerOptions {
  readonly gate: PromptGate;
  readonly store: StreamStore | undefined;
  readonly limits: RunLimits;
  readonly parts: RunParts;
}

/** A new run, or one to be continued. */
export interface RunRequest {
  readonly runId: string;
  /** Absent: continue what the journal keeps of the run. */
  readonly prompt?: string;
}

/** How a run ended, and the error when it failed. */
interface Ending {
  readonly stopReason: StopReason;
  readonly error?: Error;
}

/** Runs the prompts of one engine from beginning to end. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #budgetLimits: Omit<RunLimits, 'maxSteps'>;
  readonly #hasBudget: boolean;

  constructor(options: RunnerOptions) {
    const { maxSteps: _, ...budgetLimits } = options.limits;
    this.#options = options;
    this.#budgetLimits = budgetLimits;
    this.#hasBudget = Object.values(budgetLimits).some((limit) => limit !== undefined);
  }

  /** Everything that can end a run goes through one signal. */
  async run(request: RunRequest, context: HandlerContext): Promise<Outcome<ToolChatResult>> {
    const abort = new RunAbort(context.signal);
    try {
      return await this.#options.gate.enter(abort, () => this.#inside(request, context, abort));
    } catch (thrown) {
      return fail(toError(thrown));
    } finally {
      abort.release();
    }
  }

  async #inside(
    { runId, prompt }: RunRequest,
    context: HandlerContext,
    abort: RunAbort,
  ): Promise<Outcome<ToolChatResult>> {
    const { parts, store } = this.#options;
    const recorded = prompt === undefined ? await this.#readRun(runId) : undefined;
    if (recorded?.result) {
      restoreTurn(parts.history, recorded);
      return ok(recorded.result);
    }
    const journal = store && createRunJournal(store, runId, recorded?.version ?? 0);
    const run = new Run(parts, { runId, context, abort, journal, budget: this.#budget() });
    using _deadline = this.#deadline(abort);
    const before = recorded ? prepareResume(run, recorded) : parts.history.length;

    const ending = await endingOf(run, () =>
      recorded ? resume(run, recorded) : begin(run, prompt!),
    );
    tidyHistory(run, ending, before);
    return finish(run, ending);
  }

  async #readRun(runId: string): Promise<RecordedRun> {
    const { store } = this.#options;
    const recorded = store && recordedRun(await readRunRecords(store, runId));
    if (!recorded) throw new RunNotFoundError(runId);
    return recorded;
  }

  #budget(): Budget | undefined {
    if (!this.#hasBudget) return undefined;
    return budget({ ...this.#budgetLimits, clock: this.#options.parts.clock });
  }

  /** The time limit has to end waits too, not only keep the next call from beginning. */
  #deadline(abort: RunAbort): Disposable | undefined {
    const { limits, parts } = this.#options;
    const { maxMs } = limits;
    if (maxMs === undefined) return undefined;
    const exceeded = (): void => abort.abort(new BudgetExceededError('maxMs', maxMs, maxMs));
    return parts.clock.setTimer(exceeded, maxMs);
  }
}

async function begin(run: Run, prompt: string): Promise<StopReason> {
  run.signal.throwIfAborted();
  await tell(run, 'processing');
  const { runId, parts } = run;
  const { history, sessionId } = parts;
  if (run.journal) {
    const before = history.toJSON();
    const started = { type: 'run.started', runId, sessionId, prompt, history: before } as const;
    await run.abort.wait(run.journal.write(started));
  }
  history.addUserMessage(prompt);
  return runLoop(run);
}

/** An engine that was just made takes over the conversation; one that has gone on keeps its own. */
function prepareResume({ parts: { history } }: Run, { started }: RecordedRun): number {
  if (history.length === 0) history.fromJSON(started.history);
  const before = history.length;
  history.addUserMessage(started.prompt);
  return before;
}

async function resume(run: Run, { steps }: RecordedRun): Promise<StopReason> {
  await tell(run, 'processing');
  for (const step of steps) {
    const outcome = await replayStep(run, step);
    if (outcome !== 'goOn') return outcome;
  }
  return runLoop(run);
}

async function endingOf(run: Run, work: () => Promise<StopReason>): Promise<Ending> {
  try {
    return { stopReason: await work() };
  } catch (thrown) {
    if (thrown instanceof BudgetExceededError) return { stopReason: 'budget' };
    if (run.signal.aborted) {
      return run.signal.reason instanceof BudgetExceededError
        ? { stopReason: 'budget' }
        : { stopReason: 'aborted', error: toError(run.signal.reason) };
    }
    return { stopReason: 'error', error: toError(thrown) };
  }
}

/** A failed turn that did nothing is taken back, so that the prompt can be given again; any other ends with a word to the model. */
function tidyHistory(run: Run, { stopReason, error }: Ending, before: number): void {
  const { history } = run.parts;
  history.closeOpenToolCalls();
  if (stopReason === 'error' && run.toolCalls.length === 0) history.truncate(before);
  else if (stopReason === 'error')
    history.addAssistantMessage(`No answer: ${error?.message ?? 'the run failed'}`);
  else if (stopReason === 'aborted')
    history.addAssistantMessage(`${run.text}\n[interrupted]`.trim());
}

async function finish(run: Run, { stopReason, error }: Ending): Promise<Outcome<ToolChatResult>> {
  const { runId, text, step: steps, toolCalls, usage = {} } = run;
  const result: ToolChatResult = { runId, text, stopReason, steps, toolCalls, usage };
  const failed = stopReason === 'error' || stopReason === 'aborted';
  // A failed run stays open in the journal: it can be resumed.
  if (run.journal && stopReason !== 'error') await keepResult(run.journal, run, result);
  await tell(run, failed ? 'failed' : 'finished');
  if (run.isHeard(ToolChatRunFinishedEvent)) {
    const data = { ...result, ...(error && { error: toErrorData(error) }) };
    await run.publish(ToolChatRunFinishedEvent(data));
  }
  return stopReason === 'error' && error ? fail(error) : ok(result);
}

/** How long an aborted run waits for its journal. */
const FLUSH_MS = 50;

/** The answer counts even where its journal can no longer be written: nothing would be run again. */
async function keepResult(journal: RunJournal, run: Run, result: ToolChatResult): Promise<void> {
  const written = journal.write({ type: 'run.finished', result }).catch(() => {});
  const { clock } = run.parts;
  await (run.signal.aborted
    ? Promise.race([written, sleep(FLUSH_MS, { clock })])
    : run.abort.wait(written).catch(() => {}));
}
