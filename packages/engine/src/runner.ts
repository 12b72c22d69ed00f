import { fail, ok, type HandlerContext, type Outcome } from '@llmgine/core';
import type { StreamStore } from '@llmgine/core/stores';
import { budget, type Budget } from '@llmgine/llm';
import type { RunLimits } from './engine-options.ts';
import { RunNotFoundError } from './errors.ts';
import { replayStep, runLoop } from './loop.ts';
import type { StopReason, ToolChatResult } from './messages.ts';
import type { PromptGate } from './prompt-gate.ts';
import { recordedRun, restoreTurn, type RecordedRun } from './resume.ts';
import { RunAbort } from './run-abort.ts';
import {
  failedEnding,
  isTold,
  resultOf,
  tellEnding,
  tidyHistory,
  type Ending,
} from './run-ending.ts';
import { createRunJournal, readRunRecords } from './run-journal.ts';
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
  run(request: RunRequest, context: HandlerContext): Promise<Outcome<ToolChatResult>> {
    const abort = new RunAbort(context);
    return this.#options.gate.enter(abort, () => this.#inside(request, abort));
  }

  async #inside({ runId, prompt }: RunRequest, abort: RunAbort): Promise<Outcome<ToolChatResult>> {
    const { parts, store, limits } = this.#options;
    const { history, clock } = parts;
    const recorded = prompt === undefined ? await abort.wait(this.#readRun(runId)) : undefined;
    if (recorded?.result) {
      restoreTurn(history, recorded);
      return ok(recorded.result);
    }
    const run = new Run(parts, runId, abort);
    run.journal = store && createRunJournal(store, runId, recorded?.version ?? 0);
    run.budget = this.#budget();
    if (limits.maxMs !== undefined) abort.limit(clock, limits.maxMs);
    const before = recorded ? prepareResume(run, recorded) : history.length;

    let ending: Ending;
    try {
      const stopReason = await (recorded ? resume(run, recorded) : begin(run, prompt!));
      ending = { stopReason, error: undefined };
    } catch (thrown) {
      ending = failedEnding(run, thrown);
    }
    tidyHistory(run, ending, before);
    const result = resultOf(run, ending);
    if (isTold(run)) await tellEnding(run, ending, result);
    return ending.stopReason === 'error' && ending.error ? fail(ending.error) : ok(result);
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
}

/** Writes down and tells what begins only where somebody asks for that; nothing is waited for otherwise. */
function begin(run: Run, prompt: string): Promise<StopReason> {
  run.signal.throwIfAborted();
  if (run.tellsStatus || run.journal) return beginTold(run, prompt);
  run.parts.history.addUserMessage(prompt);
  return runLoop(run);
}

async function beginTold(run: Run, prompt: string): Promise<StopReason> {
  await run.tell('processing');
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
  await run.tell('processing');
  for (const step of steps) {
    const outcome = replayStep(run, step);
    if (typeof outcome === 'string') return outcome;
    await outcome;
  }
  return runLoop(run);
}
