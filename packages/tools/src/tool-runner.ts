import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '@llmgine/core';
import type { Redactor } from '@llmgine/core/redaction';
import type { Tool, ToolContext } from './define-tool.ts';
import { ToolBusyError, ToolCancelledError, ToolTimeoutError } from './errors.ts';
import { createExclusiveGroups, type ExclusiveGroups } from './exclusive-groups.ts';
import { redactError } from './pipeline/redact-error.ts';
import { runWithDeadline } from './pipeline/run-with-deadline.ts';
import type { RunAttempt } from './tool-connection.ts';
import type { ToolReporter } from './tool-reporter.ts';
import { createToolSlots, type ToolSlots } from './tool-slots.ts';

/** One run as the runner needs it. */
export interface RunnerCall {
  readonly tool: Tool;
  /** As the tool's schema gave them. */
  readonly args: unknown;
  readonly timeoutMs: number;
  readonly attempt: RunAttempt;
  readonly context: Pick<ToolContext, 'callId' | 'sessionId' | 'idempotencyKey'>;
  readonly reporter: ToolReporter;
  /** Called when the tool itself begins. */
  readonly onStart: () => void;
}

/** What the work inside a tool belongs to. Closed when the run is over, so that what it leaves behind is on its own. */
interface RunScope {
  open: boolean;
  /** The exclusive groups that it and the calls round it hold. */
  readonly groups: readonly string[];
}

/** What a runner stands on. */
export interface RunnerSettings {
  readonly maxConcurrency: number;
  readonly clock: Clock;
  readonly redact: Redactor;
}

/** Runs tools: so many at a time, one of each exclusive group, none beyond its deadline. */
export class ToolRunner {
  readonly #clock: Clock;
  readonly #redact: Redactor;
  readonly #slots: ToolSlots;
  readonly #groups: ExclusiveGroups;
  readonly #scopes = new AsyncLocalStorage<RunScope>();

  constructor({ maxConcurrency, clock, redact }: RunnerSettings) {
    this.#clock = clock;
    this.#redact = redact;
    this.#slots = createToolSlots(maxConcurrency);
    this.#groups = createExclusiveGroups(clock);
  }

  /** Rejects with what the tool threw, or a `ToolCallError`. */
  async run(call: RunnerCall): Promise<unknown> {
    const outer = this.#scopes.getStore();
    const nested = outer?.open === true;
    const held = nested ? outer.groups : [];
    const group = call.tool.exclusive;
    // A tool that calls its own group, or its own manager, would wait for itself.
    if (group === undefined || held.includes(group)) {
      return this.#runInSlot({ ...call, held, nested });
    }

    await this.#enterGroup(call, group);
    let late: PromiseLike<unknown> | undefined;
    try {
      const onGivenUp = (work: PromiseLike<unknown>): void => void (late = work);
      return await this.#runInSlot({ ...call, held: [...held, group], nested, onGivenUp });
    } finally {
      this.#groups.leave(group, late);
    }
  }

  async #enterGroup({ tool, timeoutMs, attempt }: RunnerCall, group: string): Promise<void> {
    const { signal } = attempt;
    const turn = await this.#groups.enter(group, { signal, patienceMs: timeoutMs });
    if (turn === 'aborted') throw new ToolCancelledError(tool.name, signal?.reason);
    if (turn === 'occupied') throw new ToolBusyError(tool.name, group, timeoutMs);
  }

  async #runInSlot(call: ScopedCall): Promise<unknown> {
    if (call.nested) return this.#runOnce(call);
    const { signal } = call.attempt;
    const taken = this.#slots.take(signal);
    if (taken !== true && !(await taken)) {
      throw new ToolCancelledError(call.tool.name, signal?.reason);
    }
    try {
      return await this.#runOnce(call);
    } finally {
      this.#slots.free();
    }
  }

  async #runOnce(call: ScopedCall): Promise<unknown> {
    const { tool, timeoutMs, attempt, held, onGivenUp } = call;
    const scope: RunScope = { open: true, groups: held };
    const startedAt = this.#clock.monotonic();
    let work: PromiseLike<unknown> | undefined;

    try {
      return await runWithDeadline({
        run: (signal) => {
          call.onStart();
          const context = contextOf(call, scope, signal);
          const running = this.#scopes.run(scope, () => tool.execute(call.args, context));
          if (running instanceof Promise) work = running;
          return running;
        },
        timeoutMs,
        signal: attempt.signal,
        clock: this.#clock,
        timedOut: () => giveUp(new ToolTimeoutError(tool.name, timeoutMs, tool.effect)),
        aborted: (reason) => giveUp(new ToolCancelledError(tool.name, reason, work && tool.effect)),
        onLate: (outcome) => this.#reportLate(call, outcome, startedAt),
      });
    } finally {
      scope.open = false;
    }

    function giveUp(error: Error): Error {
      if (work) onGivenUp?.(work);
      return error;
    }
  }

  #reportLate({ reporter }: RunnerCall, outcome: LateOutcome, startedAt: number): void {
    const told =
      'error' in outcome ? { error: redactError(outcome.error, this.#redact).full } : outcome;
    reporter.late(told, this.#clock.monotonic() - startedAt);
  }
}

/** A call, and what it runs inside of. */
interface ScopedCall extends RunnerCall {
  readonly held: readonly string[];
  readonly nested: boolean;
  readonly onGivenUp?: (work: PromiseLike<unknown>) => void;
}

type LateOutcome = { readonly value: unknown } | { readonly error: unknown };

function contextOf(
  { tool, attempt, context, reporter }: RunnerCall,
  scope: RunScope,
  signal: () => AbortSignal,
): ToolContext {
  return {
    ...context,
    toolName: tool.name,
    attempt: attempt.attempt,
    get signal() {
      return signal();
    },
    reportProgress: (progress) => {
      if (scope.open) reporter.progressed(progress);
    },
  };
}
