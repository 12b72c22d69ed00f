import { BUS_SCOPE, isLlmgineError, type ErrorData, type SessionId } from '@llmgine/core';
import type { ToolCallStatus } from '@llmgine/core/vocabulary';
import type { ApprovalDecision } from './approval.ts';
import type { Tool } from './define-tool.ts';
import {
  InvalidToolArgumentsError,
  ToolCallError,
  ToolCancelledError,
  ToolDeniedError,
} from './errors.ts';
import type { PendingApprovals } from './pending-approvals.ts';
import { approve } from './pipeline/approve.ts';
import { capResult } from './pipeline/cap-result.ts';
import { checkArguments, type CheckedArguments } from './pipeline/check-arguments.ts';
import { findTool } from './pipeline/find-tool.ts';
import { normaliseCall } from './pipeline/normalise-call.ts';
import { parseArguments } from './pipeline/parse-arguments.ts';
import { readValue } from './pipeline/read-value.ts';
import { redactError } from './pipeline/redact-error.ts';
import { runWithDeadline } from './pipeline/run-with-deadline.ts';
import type { NormalCall, ToolCall, ToolCallOptions, ToolResult } from './tool-call.ts';
import type { RegisteredTool } from './tool-catalogue.ts';
import type { RunAttempt, ToolConnection } from './tool-connection.ts';
import type { ToolManagerSettings } from './tool-manager-options.ts';
import { createToolReporter, type ToolReporter } from './tool-reporter.ts';
import type { ToolRunner } from './tool-runner.ts';

/** What the executor works with. */
export interface ExecutorParts {
  readonly settings: ToolManagerSettings;
  readonly tools: ReadonlyMap<string, RegisteredTool>;
  readonly approvals: PendingApprovals;
  readonly runner: ToolRunner;
  /** What the calls of a session go through, if anything. */
  readonly connectionOf: (sessionId: SessionId | undefined) => ToolConnection | undefined;
}

/** Executes one call: always resolves, to exactly one result. */
export type ToolExecutor = (given: ToolCall, options?: ToolCallOptions) => Promise<ToolResult>;

/** One call on its way, with what is known of it so far. */
interface Journey {
  readonly call: NormalCall;
  readonly sessionId: SessionId;
  readonly signal: AbortSignal | undefined;
  readonly connection: ToolConnection | undefined;
  readonly reporter: ToolReporter;
  readonly engineId: string | undefined;
  readonly startedAt: number;
  tool: Tool | undefined;
  checked: CheckedArguments | undefined;
  repairs: readonly string[];
}

/** Arranges the steps of a call; each step is a function of its own. */
export function createToolExecutor({
  settings,
  tools,
  approvals,
  runner,
  connectionOf,
}: ExecutorParts): ToolExecutor {
  const { clock, redact, newId } = settings;

  return async (given, options = {}) => {
    const journey = begin(given, options);
    journey.reporter.requested(journey.call);
    try {
      return finish(journey, await travel(journey));
    } catch (thrown) {
      return finishFailed(journey, thrown);
    }
  };

  function begin(given: unknown, { signal, sessionId, engineId }: ToolCallOptions): Journey {
    const call = normaliseCall(given, newId);
    const connection = connectionOf(sessionId);
    const owner = sessionId ?? connection?.sessionId ?? BUS_SCOPE;
    const reporter = createToolReporter(connection?.publisher ?? settings.publisher, owner, call);
    const known = { tool: undefined, checked: undefined, repairs: [] };
    return {
      call,
      sessionId: owner,
      signal,
      connection,
      reporter,
      engineId,
      startedAt: clock.monotonic(),
      ...known,
    };
  }

  async function travel(journey: Journey): Promise<unknown> {
    const { call, signal, connection } = journey;
    if (signal?.aborted) throw new ToolCancelledError(call.name, signal.reason);
    const { tool, schema } = findTool(tools, call.name);
    journey.tool = tool;
    const parsed = parseArguments(call.arguments, tool.name);
    journey.repairs = parsed.repairs;
    const checking = checkArguments(parsed, schema, tool.name);
    keep(journey, checking instanceof Promise ? await bounded(() => checking) : checking);

    const approval = tool.approval ?? settings.approval;
    if (approval) {
      keep(
        journey,
        await approve({
          tool,
          call,
          checked: journey.checked!,
          sessionId: journey.sessionId,
          signal,
          approval,
          ask: (args, expiresInMs) => ask(journey, args, expiresInMs),
          recheck: async (args) =>
            checkArguments(parseArguments(args, tool.name), schema, tool.name),
          withDeadline: bounded,
        }),
      );
    }

    const start = (attempt: RunAttempt): Promise<unknown> => run(journey, attempt);
    if (!connection) return start({ attempt: 1, signal, publisher: settings.publisher });
    const { sessionId, checked } = journey;
    const { id: callId, idempotencyKey } = call;
    return connection.run({
      tool,
      callId,
      sessionId,
      args: checked!.args,
      idempotencyKey,
      signal,
      start,
    });

    /** For work that is not the tool's: no hook may keep a call from coming back. */
    async function bounded<T>(run: () => Promise<T>): Promise<T> {
      const timeoutMs = settings.approvalTimeoutMs;
      return runWithDeadline({
        run,
        timeoutMs,
        signal,
        clock,
        timedOut: () =>
          new ToolDeniedError(call.name, `it was not decided about within ${timeoutMs} ms.`),
        aborted: (reason) => new ToolCancelledError(call.name, reason),
        onLate: () => {},
      });
    }
  }

  function keep(journey: Journey, checked: CheckedArguments): void {
    journey.checked = checked;
    journey.repairs = checked.repairs;
  }

  async function ask(
    { call, tool, reporter, sessionId, signal, connection }: Journey,
    args: unknown,
    expiresInMs: number = settings.approvalTimeoutMs,
  ): Promise<ApprovalDecision> {
    if (!connection && !settings.publisher) {
      return { decision: 'deny', reason: 'it needs an approval, and nobody is there to ask.' };
    }
    return approvals.ask({
      toolCallId: call.id,
      sessionId,
      expiresInMs,
      signal,
      announce: (approvalId, expiresAt) =>
        reporter.approvalRequested(approvalId, tool!, { args, expiresAt }),
      cancelled: () => new ToolCancelledError(call.name, signal?.reason),
    });
  }

  function run(
    { call, tool, checked, sessionId, reporter, connection }: Journey,
    attempt: RunAttempt,
  ): Promise<unknown> {
    const through = connection ? reporter.through(attempt.publisher) : reporter;
    return runner({
      tool: tool!,
      args: checked!.value,
      timeoutMs: tool!.timeoutMs ?? settings.defaultTimeoutMs,
      attempt,
      context: { callId: call.id, sessionId, idempotencyKey: call.idempotencyKey },
      reporter: through,
      onStart: () => {
        if (attempt.attempt === 1) through.started(tool!, checked!.args, call.idempotencyKey);
      },
    });
  }

  function finish(journey: Journey, returned: unknown): ToolResult {
    const { tool } = journey;
    const hide = (tool!.redactResult ?? settings.redactResults) ? redact : undefined;
    const { value, content } = readValue(returned, tool!.name, hide);
    return settle(journey, { status: 'ok', content, ...(value !== undefined && { value }) });
  }

  function finishFailed(journey: Journey, thrown: unknown): ToolResult {
    const { full, short } = redactError(thrown, redact);
    const status = statusOf(thrown);
    return settle(
      journey,
      { status, content: contentOf(thrown, short, journey.call.name), error: short },
      full,
    );
  }

  function settle(
    { call, tool, checked, repairs, reporter, engineId, startedAt }: Journey,
    outcome: Pick<ToolResult, 'status' | 'content' | 'value' | 'error'>,
    error?: ErrorData,
  ): ToolResult {
    const result: ToolResult = {
      callId: call.id,
      name: call.name,
      ...outcome,
      content: capResult(outcome.content, tool?.maxResultChars ?? settings.maxResultChars),
      repairs,
      durationMs: clock.monotonic() - startedAt,
    };
    reporter.finished(result, {
      tool,
      args: checked ? checked.args : call.arguments,
      engineId,
      error,
    });
    return result;
  }
}

/** How a call ended that something other than its tool may have ended: a deadline or a stop of the bus it ran on. */
function statusOf(thrown: unknown): Exclude<ToolCallStatus, 'ok'> {
  if (thrown instanceof ToolCallError) return thrown.status;
  if (!isLlmgineError(thrown)) return 'error';
  switch (thrown.code) {
    case 'LLMGINE_COMMAND_TIMEOUT':
      return 'timeout';
    case 'LLMGINE_COMMAND_CANCELLED':
    case 'LLMGINE_SESSION_ENDED':
    case 'LLMGINE_BUS_STOPPED':
      return 'cancelled';
    default:
      return 'error';
  }
}

/** What went wrong with the model's own arguments is told as it is; everything else may hold secrets. */
function contentOf(thrown: unknown, { message }: ErrorData, toolName: string): string {
  if (thrown instanceof InvalidToolArgumentsError) return thrown.message;
  return thrown instanceof ToolCallError ? message : `Tool '${toolName}' failed: ${message}`;
}
