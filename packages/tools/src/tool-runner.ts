import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { Clock, MaybePromise, SessionId } from '@llmgine/core';
import type { Redactor } from '@llmgine/core/redaction';
import { LazySignal, type AbortNotice, type Deadlines } from '@llmgine/core/timing';
import type { Tool, ToolContext } from './define-tool.ts';
import { ToolBusyError, ToolCancelledError, ToolTimeoutError } from './errors.ts';
import { createExclusiveGroups, type ExclusiveGroups } from './exclusive-groups.ts';
import { redactError } from './pipeline/redact-error.ts';
import {
  asPromise,
  runWithDeadline,
  type DeadlineWork,
  type LateOutcome,
} from './pipeline/run-with-deadline.ts';
import type { RunAttempt } from './tool-connection.ts';
import type { ToolReporter } from './tool-reporter.ts';
import { createToolSlots, type ToolSlots } from './tool-slots.ts';

/** What a run comes to. */
export interface RunOutcome<Outcome> {
  /** With what the tool gave. */
  succeeded(value: unknown): Outcome;
  /** With what the tool threw, or a `ToolCallError`. */
  failed(error: unknown): MaybePromise<Outcome>;
}

/** One run as the runner needs it. */
export interface RunnerCall<Outcome> {
  readonly tool: Tool;
  /** As the tool's schema gave them. */
  readonly args: unknown;
  /** As JSON data, for events. */
  readonly jsonArgs: unknown;
  readonly timeoutMs: number;
  /** On the clock's monotonic time. */
  readonly startedAt: number;
  readonly attempt: RunAttempt;
  readonly origin: CallOrigin;
  readonly outcome: RunOutcome<Outcome>;
  readonly reporter: ToolReporter | undefined;
}

/** Whose run it is. */
export interface CallOrigin {
  readonly callId: string;
  readonly sessionId: SessionId;
  readonly idempotencyKey: string;
}

/** What a runner stands on. */
export interface RunnerSettings {
  readonly maxConcurrency: number;
  readonly clock: Clock;
  readonly redact: Redactor;
}

/** The exclusive groups that a run holds when it is inside none. */
const noGroups: readonly string[] = [];

/** Runs tools: so many at a time, one of each exclusive group, none beyond its deadline. */
export class ToolRunner {
  readonly #settings: RunnerSettings;
  readonly #slots: ToolSlots;
  readonly #groups: ExclusiveGroups;
  readonly #deadlines: Deadlines;
  readonly #scopes = new AsyncLocalStorage<ToolScope>();

  constructor(settings: RunnerSettings, deadlines: Deadlines) {
    this.#settings = settings;
    this.#slots = createToolSlots(settings.maxConcurrency);
    this.#groups = createExclusiveGroups(settings.clock);
    this.#deadlines = deadlines;
  }

  /** Gives what the run comes to; throws and rejects only if `call.outcome` does. */
  run<Outcome>(call: RunnerCall<Outcome>): MaybePromise<Outcome> {
    const outer = this.#scopes.getStore();
    const nested = outer?.open === true;
    const held = nested ? outer.groups : noGroups;
    const group = call.tool.exclusive;
    // A tool that calls its own group, or its own manager, would wait for itself.
    return group === undefined || held.includes(group)
      ? this.#runInSlot(new ToolRunInProgress(call, held, this.#settings), nested)
      : this.#runInGroup(
          new ToolRunInProgress(call, [...held, group], this.#settings),
          group,
          nested,
        );
  }

  async #runInGroup<Outcome>(
    run: ToolRunInProgress<Outcome>,
    group: string,
    nested: boolean,
  ): Promise<Outcome> {
    const { tool, timeoutMs } = run.call;
    const { signal } = run;
    const turn = await this.#groups.enter(group, { signal, patienceMs: timeoutMs });
    if (turn === 'aborted') return run.failed(run.aborted(signal?.reason));
    if (turn === 'occupied') return run.failed(new ToolBusyError(tool.name, group, timeoutMs));
    run.startedAt = this.#settings.clock.monotonic();
    try {
      return await this.#runInSlot(run, nested);
    } finally {
      this.#groups.leave(group, run.givenUp);
    }
  }

  #runInSlot<Outcome>(run: ToolRunInProgress<Outcome>, nested: boolean): MaybePromise<Outcome> {
    if (nested) return this.#begin(run);
    const taken = this.#slots.take(run.signal);
    if (taken !== true) return this.#waitForSlot(run, taken);
    run.slots = this.#slots;
    return this.#begin(run);
  }

  async #waitForSlot<Outcome>(
    run: ToolRunInProgress<Outcome>,
    taking: MaybePromise<boolean>,
  ): Promise<Outcome> {
    if (!(await taking)) return run.failed(run.aborted(run.signal?.reason));
    run.slots = this.#slots;
    run.startedAt = this.#settings.clock.monotonic();
    return this.#begin(run);
  }

  /**
   * Runs inside the run's own scope; the caller's async context comes back afterwards. An AsyncResource restores it for
   * the price of two pointer swaps, where AsyncLocalStorage.run copies the whole context a second time.
   */
  #begin<Outcome>(run: ToolRunInProgress<Outcome>): MaybePromise<Outcome> {
    return new AsyncResource('LlmgineTool').runInAsyncScope(
      enterAndRun<Outcome>,
      undefined,
      this.#scopes,
      run,
      this.#deadlines,
    );
  }
}

function enterAndRun<Outcome>(
  scopes: AsyncLocalStorage<ToolScope>,
  run: ToolRunInProgress<Outcome>,
  deadlines: Deadlines,
): MaybePromise<Outcome> {
  scopes.enterWith(run);
  return runWithDeadline(run, deadlines);
}

/** What a call inside a tool needs to know of it. */
interface ToolScope {
  /** Closed when the run is over, so that what it leaves behind is on its own. */
  readonly open: boolean;
  /** The exclusive groups that it and the runs round it hold. */
  readonly groups: readonly string[];
}

/** One run of a tool: the scope of what it does, and the work that its deadline watches. */
class ToolRunInProgress<Outcome> implements ToolScope, DeadlineWork<unknown, Outcome> {
  readonly call: RunnerCall<Outcome>;
  readonly groups: readonly string[];
  open = true;
  /** The tool's own promise, once nobody waits for it any more. */
  givenUp: Promise<unknown> | undefined;
  /** Where the slot that it holds goes back to. */
  slots: ToolSlots | undefined;
  startedAt: number;
  readonly #settings: RunnerSettings;
  #work: Promise<unknown> | undefined;
  #begun = false;
  #lazySignal: LazySignal | undefined;

  constructor(call: RunnerCall<Outcome>, groups: readonly string[], settings: RunnerSettings) {
    this.call = call;
    this.groups = groups;
    this.startedAt = call.startedAt;
    this.#settings = settings;
  }

  get timeoutMs(): number {
    return this.call.timeoutMs;
  }

  get signal(): AbortNotice | undefined {
    return this.call.attempt.signal;
  }

  /** The tool's own, made when it first looks. */
  get toolSignal(): AbortSignal {
    this.#lazySignal ??= new LazySignal();
    return this.#lazySignal.value;
  }

  run(): unknown {
    const { tool, args, jsonArgs, attempt, reporter, origin } = this.call;
    if (attempt.attempt === 1) reporter?.started(tool, jsonArgs, origin);
    this.#begun = true;
    const running = asPromise(tool.execute(args, new RunContext(this)));
    if (running instanceof Promise) this.#work = running;
    return running;
  }

  succeeded(value: unknown): Outcome {
    return this.call.outcome.succeeded(value);
  }

  failed(error: unknown): MaybePromise<Outcome> {
    return this.call.outcome.failed(error);
  }

  timedOut(): Error {
    const { tool, timeoutMs } = this.call;
    this.givenUp = this.#work;
    return new ToolTimeoutError(tool.name, timeoutMs, tool.effect);
  }

  aborted(reason: unknown): Error {
    const { tool } = this.call;
    this.givenUp = this.#work;
    return new ToolCancelledError(tool.name, reason, this.#begun ? tool.effect : undefined);
  }

  ended(): void {
    this.open = false;
    this.slots?.free();
  }

  abandoned(error: Error): void {
    this.#lazySignal ??= new LazySignal();
    this.#lazySignal.abort(error);
  }

  late(outcome: LateOutcome): void {
    const { clock, redact } = this.#settings;
    const told = 'error' in outcome ? { error: redactError(outcome.error, redact).full } : outcome;
    this.call.reporter?.late(told, clock.monotonic() - this.startedAt);
  }

  reportProgress(progress: unknown): void {
    if (this.open) this.call.reporter?.progressed(progress);
  }
}

/** Most tools read little of their context, so it is looked up when they do. */
class RunContext implements ToolContext {
  readonly #run: ToolRunInProgress<unknown>;

  constructor(run: ToolRunInProgress<unknown>) {
    this.#run = run;
  }

  get callId(): string {
    return this.#run.call.origin.callId;
  }

  get toolName(): string {
    return this.#run.call.tool.name;
  }

  get sessionId(): SessionId {
    return this.#run.call.origin.sessionId;
  }

  get idempotencyKey(): string {
    return this.#run.call.origin.idempotencyKey;
  }

  get attempt(): number {
    return this.#run.call.attempt.attempt;
  }

  get signal(): AbortSignal {
    return this.#run.toolSignal;
  }

  /** A function of its own, so that tools may take it out of their context. */
  get reportProgress(): (progress: unknown) => void {
    const run = this.#run;
    return (progress) => run.reportProgress(progress);
  }
}
