import {
  fail,
  ok,
  toError,
  toErrorData,
  type HandlerContext,
  type Outcome,
  type SessionId,
} from '@llmgine/core';
import type { StreamStore } from '@llmgine/core/stores';
import { sleep } from '@llmgine/core/timing';
import { budget, BudgetExceededError, type BudgetLimit } from '@llmgine/llm';
import { createAbortLatch, type AbortLatch } from './abort-latch.ts';
import type { RunLimits } from './engine-options.ts';
import { RunNotFoundError } from './errors.ts';
import { replayStep, runLoop, tell } from './loop.ts';
import { createLoopGuard, type LoopGuardOptions } from './loop-guard.ts';
import { ToolChatRunFinishedEvent, type StopReason, type ToolChatResult } from './messages.ts';
import type { PromptGate } from './prompt-gate.ts';
import { recordedRun, restoreTurn, type RecordedRun } from './resume.ts';
import { createRunJournal, readRunRecords, type RunJournal } from './run-journal.ts';
import type { Run, RunParts } from './run.ts';

/** What runs are made of. */
export interface RunnerOptions {
  readonly gate: PromptGate;
  readonly sessionId: SessionId;
  readonly store: StreamStore | undefined;
  readonly limits: RunLimits;
  readonly loopGuard: LoopGuardOptions | undefined;
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
  readonly limit?: BudgetLimit;
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
    const controller = new AbortController();
    const { signal } = context;
    const follow = (): void => controller.abort(signal.reason);
    if (signal.aborted) follow();
    signal.addEventListener('abort', follow, { once: true });
    using latch = createAbortLatch(controller.signal);
    try {
      const visitor = { latch, abort: (reason: Error) => controller.abort(reason) };
      return await this.#options.gate.enter(visitor, () =>
        this.#inside(request, { context, controller, latch }),
      );
    } catch (thrown) {
      return fail(toError(thrown));
    } finally {
      signal.removeEventListener('abort', follow);
    }
  }

  async #inside(request: RunRequest, scope: RunScope): Promise<Outcome<ToolChatResult>> {
    const { runId, prompt } = request;
    const recorded = prompt === undefined ? await this.#readRun(runId) : undefined;
    if (recorded?.result) {
      restoreTurn(this.#options.parts.history, recorded);
      return ok(recorded.result);
    }
    const run = this.#createRun(runId, scope, recorded?.version ?? 0);
    using _deadline = this.#deadline(scope.controller);
    const before = recorded ? prepareResume(run, recorded) : run.history.length;

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

  #createRun(runId: string, { context, controller, latch }: RunScope, version: number): Run {
    const { parts, sessionId, store, loopGuard } = this.#options;
    const { signal } = controller;
    return {
      ...parts,
      runId,
      sessionId,
      signal,
      latch,
      journal: store && createRunJournal(store, runId, version),
      budget: this.#hasBudget ? budget({ ...this.#budgetLimits, clock: parts.clock }) : undefined,
      guard: createLoopGuard(loopGuard),
      publish: createPublish(context, signal),
      step: 0,
      text: '',
      usage: undefined,
      toolCalls: [],
    };
  }

  /** The time limit has to end waits too, not only keep the next call from beginning. */
  #deadline(controller: AbortController): Disposable | undefined {
    const { limits, parts } = this.#options;
    const { maxMs } = limits;
    if (maxMs === undefined) return undefined;
    const exceeded = (): void => controller.abort(new BudgetExceededError('maxMs', maxMs, maxMs));
    return parts.clock.setTimer(exceeded, maxMs);
  }
}

interface RunScope {
  readonly context: HandlerContext;
  readonly controller: AbortController;
  readonly latch: AbortLatch;
}

async function begin(run: Run, prompt: string): Promise<StopReason> {
  run.signal.throwIfAborted();
  await tell(run, 'processing');
  const { runId, sessionId } = run;
  if (run.journal) {
    const history = run.history.toJSON();
    const started = { type: 'run.started', runId, sessionId, prompt, history } as const;
    await run.latch.wait(run.journal.write(started));
  }
  run.history.addUserMessage(prompt);
  return runLoop(run);
}

/** An engine that was just made takes over the conversation; one that has gone on keeps its own. */
function prepareResume(run: Run, { started }: RecordedRun): number {
  if (run.history.length === 0) run.history.fromJSON(started.history);
  const before = run.history.length;
  run.history.addUserMessage(started.prompt);
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
    const cause: unknown = run.signal.aborted ? run.signal.reason : thrown;
    for (const each of [thrown, cause]) {
      if (each instanceof BudgetExceededError) return { stopReason: 'budget', limit: each.limit };
    }
    return { stopReason: run.signal.aborted ? 'aborted' : 'error', error: toError(cause) };
  }
}

/** A failed turn that did nothing is taken back, so that the prompt can be given again; any other ends with a word to the model. */
function tidyHistory(run: Run, { stopReason, error }: Ending, before: number): void {
  run.history.closeOpenToolCalls();
  if (stopReason === 'error' && run.toolCalls.length === 0) run.history.truncate(before);
  else if (stopReason === 'error')
    run.history.addAssistantMessage(`No answer: ${error?.message ?? 'the run failed'}`);
  else if (stopReason === 'aborted')
    run.history.addAssistantMessage(`${run.text}\n[interrupted]`.trim());
}

async function finish(run: Run, ending: Ending): Promise<Outcome<ToolChatResult>> {
  const { stopReason, limit, error } = ending;
  const { runId, text, step: steps, toolCalls, usage = {} } = run;
  const said = { runId, text, stopReason, ...(limit && { limit }) };
  const result: ToolChatResult = { ...said, steps, toolCalls, usage };
  const failed = stopReason === 'error' || stopReason === 'aborted';
  // A failed run stays open in the journal: it can be resumed.
  if (run.journal && stopReason !== 'error') await keepResult(run.journal, run, result);
  await tell(run, failed ? 'failed' : 'finished');
  await run.publish(
    ToolChatRunFinishedEvent({ ...result, ...(error && { error: toErrorData(error) }) }),
  );
  return stopReason === 'error' && error ? fail(error) : ok(result);
}

/** How long an aborted run waits for its journal. */
const FLUSH_MS = 50;

/** The answer counts even where its journal can no longer be written: nothing would be run again. */
async function keepResult(journal: RunJournal, run: Run, result: ToolChatResult): Promise<void> {
  const written = journal.write({ type: 'run.finished', result }).catch(() => {});
  const { clock } = run;
  await (run.signal.aborted
    ? Promise.race([written, sleep(FLUSH_MS, { clock })])
    : run.latch.wait(written).catch(() => {}));
}

/** Events tell of the run; a bus that no longer takes them must not change how it ends. */
function createPublish(context: HandlerContext, signal: AbortSignal): Run['publish'] {
  const untilAborted = { ...UNAWAITED, signal };
  return async (event) => {
    try {
      // What is told after an abort must not be refused because of it.
      await context.publish(event, signal.aborted ? UNAWAITED : untilAborted);
    } catch {
      // The bus stops, or the session ended: nobody listens any more.
    }
  };
}

const UNAWAITED = { awaitProcessing: false } as const;
