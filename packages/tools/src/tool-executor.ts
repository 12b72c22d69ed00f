import { BUS_SCOPE, isLlmgineError, type ErrorData, type SessionId } from '@llmgine/core';
import type { ToolCallStatus } from '@llmgine/core/vocabulary';
import type { ApprovalDecision, ToolApproval } from './approval.ts';
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
import { ToolReporter } from './tool-reporter.ts';
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

/** Makes an executor of its parts. */
export function createToolExecutor(parts: ExecutorParts): ToolExecutor {
  return (given, options = {}) => new ToolJourney(parts, given, options).complete();
}

/** One call on its way through the steps; each step is a function of its own. */
class ToolJourney {
  readonly #parts: ExecutorParts;
  readonly #call: NormalCall;
  readonly #sessionId: SessionId;
  readonly #connection: ToolConnection | undefined;
  readonly #options: ToolCallOptions;
  readonly #reporter: ToolReporter;
  readonly #startedAt: number;
  #tool: Tool | undefined;
  #args: unknown;
  #repairs: readonly string[] = [];

  constructor(parts: ExecutorParts, given: ToolCall, options: ToolCallOptions) {
    const { settings, connectionOf } = parts;
    this.#parts = parts;
    this.#options = options;
    this.#call = normaliseCall(given, settings.newId);
    this.#args = this.#call.arguments;
    this.#connection = options.through ?? connectionOf(options.sessionId);
    this.#sessionId = options.sessionId ?? this.#connection?.sessionId ?? BUS_SCOPE;
    const publisher = this.#connection?.publisher ?? settings.publisher;
    this.#reporter = new ToolReporter(publisher, {
      toolCallId: this.#call.id,
      toolName: this.#call.name,
      sessionId: this.#sessionId,
    });
    this.#startedAt = settings.clock.monotonic();
  }

  async complete(): Promise<ToolResult> {
    this.#reporter.requested(this.#call.arguments);
    try {
      return this.#finish(await this.#travel());
    } catch (thrown) {
      return this.#finishFailed(thrown);
    }
  }

  async #travel(): Promise<unknown> {
    const { signal } = this.#options;
    if (signal?.aborted) throw new ToolCancelledError(this.#call.name, signal.reason);
    const { tool, schema } = findTool(this.#parts.tools, this.#call.name);
    this.#tool = tool;
    const parsed = parseArguments(this.#call.arguments, tool.name);
    this.#repairs = parsed.repairs;
    const checking = checkArguments(parsed, schema, tool.name);
    const checked = this.#keep(
      checking instanceof Promise ? await this.#bounded(() => checking) : checking,
    );

    const approval = tool.approval ?? this.#parts.settings.approval;
    const approved = approval
      ? this.#keep(await this.#approve({ tool, schema }, approval, checked))
      : checked;
    await this.#announceRun(tool, approved);
    return this.#run(tool, approved);
  }

  async #announceRun({ name: toolName, effect }: Tool, { args }: CheckedArguments): Promise<void> {
    const { beforeRun, signal } = this.#options;
    if (!beforeRun) return;
    const { idempotencyKey } = this.#call;
    await beforeRun({ toolName, args, effect, idempotencyKey });
    if (signal?.aborted) throw new ToolCancelledError(toolName, signal.reason);
  }

  #keep(checked: CheckedArguments): CheckedArguments {
    this.#args = checked.args;
    this.#repairs = checked.repairs;
    return checked;
  }

  #approve(
    { tool, schema }: RegisteredTool,
    approval: ToolApproval,
    checked: CheckedArguments,
  ): Promise<CheckedArguments> {
    return approve({
      tool,
      call: this.#call,
      checked,
      sessionId: this.#sessionId,
      signal: this.#options.signal,
      approval,
      ask: (args, expiresInMs) => this.#ask(tool, args, expiresInMs),
      recheck: async (args) => checkArguments(parseArguments(args, tool.name), schema, tool.name),
      withDeadline: (run) => this.#bounded(run),
    });
  }

  /** For work that is not the tool's: no schema and no hook may keep a call from coming back. */
  async #bounded<T>(run: () => Promise<T>): Promise<T> {
    const { clock, approvalTimeoutMs: timeoutMs } = this.#parts.settings;
    const { name } = this.#call;
    return runWithDeadline({
      run,
      timeoutMs,
      signal: this.#options.signal,
      clock,
      timedOut: () => new ToolDeniedError(name, `it was not decided about within ${timeoutMs} ms.`),
      aborted: (reason) => new ToolCancelledError(name, reason),
      onLate: () => {},
    });
  }

  async #ask(
    tool: Tool,
    args: unknown,
    expiresInMs: number = this.#parts.settings.approvalTimeoutMs,
  ): Promise<ApprovalDecision> {
    if (!this.#connection && !this.#parts.settings.publisher) {
      return { decision: 'deny', reason: 'it needs an approval, and nobody is there to ask.' };
    }
    const { signal } = this.#options;
    return this.#parts.approvals.ask({
      toolCallId: this.#call.id,
      sessionId: this.#sessionId,
      expiresInMs,
      signal,
      announce: (approvalId, expiresAt) =>
        this.#reporter.approvalRequested(tool, { approvalId, args, expiresAt }),
      cancelled: () => new ToolCancelledError(tool.name, signal?.reason),
    });
  }

  #run(tool: Tool, checked: CheckedArguments): Promise<unknown> {
    const { signal } = this.#options;
    const { id: callId, idempotencyKey } = this.#call;
    const start = (attempt: RunAttempt): Promise<unknown> => this.#runOnce(tool, checked, attempt);
    if (!this.#connection) return start({ attempt: 1, signal, publisher: undefined });
    const sessionId = this.#sessionId;
    const { args } = checked;
    return this.#connection.run({ tool, callId, sessionId, args, idempotencyKey, signal, start });
  }

  #runOnce(tool: Tool, checked: CheckedArguments, attempt: RunAttempt): Promise<unknown> {
    const { runner, settings } = this.#parts;
    const { id: callId, idempotencyKey } = this.#call;
    const reporter = this.#reporter.through(attempt.publisher);
    return runner.run({
      tool,
      args: checked.value,
      timeoutMs: tool.timeoutMs ?? settings.defaultTimeoutMs,
      attempt,
      context: { callId, sessionId: this.#sessionId, idempotencyKey },
      reporter,
      onStart: () => {
        if (attempt.attempt === 1) reporter.started(tool, checked.args, idempotencyKey);
      },
    });
  }

  #finish(returned: unknown): ToolResult {
    const { settings } = this.#parts;
    const { name, redactResult = settings.redactResults } = this.#tool!; // it ran
    const read = readValue(returned, name, redactResult ? settings.redact : undefined);
    return this.#settle({
      status: 'ok',
      content: read.content,
      ...(read.value !== undefined && { value: read.value }),
    });
  }

  #finishFailed(thrown: unknown): ToolResult {
    const { full, short } = redactError(thrown, this.#parts.settings.redact);
    const content = contentOf(thrown, short, this.#call.name);
    return this.#settle({ status: statusOf(thrown), content, error: short }, full);
  }

  #settle(
    outcome: Pick<ToolResult, 'status' | 'content' | 'value' | 'error'>,
    error?: ErrorData,
  ): ToolResult {
    const { clock, maxResultChars } = this.#parts.settings;
    const tool = this.#tool;
    const result: ToolResult = {
      callId: this.#call.id,
      name: this.#call.name,
      ...outcome,
      content: capResult(outcome.content.toWellFormed(), tool?.maxResultChars ?? maxResultChars),
      repairs: this.#repairs,
      durationMs: clock.monotonic() - this.#startedAt,
    };
    const { engineId } = this.#options;
    this.#reporter.finished(result, { tool, args: this.#args, engineId, error });
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
