import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '@llmgine/core';
import type { Redactor } from '@llmgine/core/redaction';
import type { Tool, ToolContext } from './define-tool.ts';
import { ToolBusyError, ToolCancelledError, ToolTimeoutError } from './errors.ts';
import { createExclusiveGroups } from './exclusive-groups.ts';
import { redactError } from './pipeline/redact-error.ts';
import { runWithDeadline } from './pipeline/run-with-deadline.ts';
import type { RunAttempt } from './tool-connection.ts';
import type { ToolReporter } from './tool-reporter.ts';
import { createToolSlots } from './tool-slots.ts';

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

/** Runs tools: so many at a time, one of each exclusive group, none beyond its deadline. */
export type ToolRunner = (call: RunnerCall) => Promise<unknown>;

/** What the work inside a tool belongs to. Closed when the run is over, so that what it leaves behind is on its own. */
interface RunScope {
  open: boolean;
  readonly groups: readonly string[];
}

/** Makes a runner with slots and groups of its own. */
export function createToolRunner({
  maxConcurrency,
  clock,
  redact,
}: {
  readonly maxConcurrency: number;
  readonly clock: Clock;
  readonly redact: Redactor;
}): ToolRunner {
  const slots = createToolSlots(maxConcurrency);
  const groups = createExclusiveGroups(clock);
  const scopes = new AsyncLocalStorage<RunScope>();

  return async (call) => {
    const outer = scopes.getStore();
    const nested = outer?.open === true;
    const held = nested ? outer.groups : [];
    const group = call.tool.exclusive;
    // A tool that calls its own group, or its own manager, would wait for itself.
    if (group === undefined || held.includes(group)) return runInSlot(call, held, nested);

    await enterGroup(call, group);
    let late: PromiseLike<unknown> | undefined;
    try {
      return await runInSlot(call, [...held, group], nested, (work) => (late = work));
    } finally {
      groups.leave(group, late);
    }
  };

  async function enterGroup(
    { tool, timeoutMs, attempt }: RunnerCall,
    group: string,
  ): Promise<void> {
    const turn = await groups.enter(group, { signal: attempt.signal, patienceMs: timeoutMs });
    if (turn === 'aborted') throw new ToolCancelledError(tool.name, attempt.signal?.reason);
    if (turn === 'occupied') throw new ToolBusyError(tool.name, group, timeoutMs);
  }

  async function runInSlot(
    call: RunnerCall,
    held: readonly string[],
    nested: boolean,
    onGivenUp?: (work: PromiseLike<unknown>) => void,
  ): Promise<unknown> {
    if (nested) return runOnce(call, held, onGivenUp);
    const { signal } = call.attempt;
    const taken = slots.take(signal);
    if (taken !== true && !(await taken))
      throw new ToolCancelledError(call.tool.name, signal?.reason);
    try {
      return await runOnce(call, held, onGivenUp);
    } finally {
      slots.free();
    }
  }

  async function runOnce(
    call: RunnerCall,
    held: readonly string[],
    onGivenUp?: (work: PromiseLike<unknown>) => void,
  ): Promise<unknown> {
    const { tool, timeoutMs, attempt, reporter } = call;
    const scope: RunScope = { open: true, groups: held };
    const startedAt = clock.monotonic();
    let work: PromiseLike<unknown> | undefined;

    try {
      return await runWithDeadline({
        run: (signal) => {
          call.onStart();
          const running = scopes.run(scope, () =>
            tool.execute(call.args, contextOf(call, scope, signal)),
          );
          if (running instanceof Promise) work = running;
          return running;
        },
        timeoutMs,
        signal: attempt.signal,
        clock,
        timedOut: () => giveUp(new ToolTimeoutError(tool.name, timeoutMs, tool.effect)),
        aborted: (reason) => giveUp(new ToolCancelledError(tool.name, reason, work && tool.effect)),
        onLate: (outcome) =>
          reporter.late(
            'error' in outcome ? { error: redactError(outcome.error, redact).full } : outcome,
            clock.monotonic() - startedAt,
          ),
      });
    } finally {
      scope.open = false;
    }

    function giveUp(error: Error): Error {
      if (work) onGivenUp?.(work);
      return error;
    }
  }
}

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
