import { BUS_SCOPE, type ErrorData, type MaybePromise, type SessionId } from '@llmgine/core';
import type { Deadlines } from '@llmgine/core/timing';
import type { ApprovalDecision, ToolApproval } from './approval.ts';
import type { Tool } from './define-tool.ts';
import { ToolCancelledError, ToolDeniedError } from './errors.ts';
import type { PendingApprovals } from './pending-approvals.ts';
import { approve } from './pipeline/approve.ts';
import { capResult } from './pipeline/cap-result.ts';
import { checkArguments, type CheckedArguments } from './pipeline/check-arguments.ts';
import { contentOf, statusOf } from './pipeline/describe-failure.ts';
import { findTool } from './pipeline/find-tool.ts';
import { normaliseCall } from './pipeline/normalise-call.ts';
import { parseArguments, type ParsedArguments } from './pipeline/parse-arguments.ts';
import { readValue } from './pipeline/read-value.ts';
import { redactError } from './pipeline/redact-error.ts';
import { runWithDeadline, type DeadlineWork } from './pipeline/run-with-deadline.ts';
import type { NormalCall, ToolCall, ToolCallOptions, ToolResult } from './tool-call.ts';
import type { RegisteredTool } from './tool-catalogue.ts';
import type { RunAttempt, ToolConnection } from './tool-connection.ts';
import type { ToolManagerSettings } from './tool-manager-options.ts';
import { silentReporter, ToolReporter } from './tool-reporter.ts';
import type { CallOrigin, ToolRunner } from './tool-runner.ts';

/** What the executor works with. */
export interface ExecutorParts {
  readonly settings: ToolManagerSettings;
  readonly tools: ReadonlyMap<string, RegisteredTool>;
  readonly approvals: PendingApprovals;
  readonly runner: ToolRunner;
  readonly deadlines: Deadlines;
  /** What the calls of a session go through, if anything. */
  readonly connectionOf: (sessionId: SessionId | undefined) => ToolConnection | undefined;
}

/** Executes one call: always resolves, to exactly one result. */
export type ToolExecutor = (given: ToolCall, options?: ToolCallOptions) => Promise<ToolResult>;

/** Makes an executor of its parts. */
export function createToolExecutor(parts: ExecutorParts): ToolExecutor {
  return (given, options) => new ToolJourney(parts, given, options ?? {}).complete();
}

/** One call on its way through the steps; each step is a function of its own. */
class ToolJourney implements CallOrigin {
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

  #key: string | undefined;

  constructor(parts: ExecutorParts, given: ToolCall, options: ToolCallOptions) {
    const { settings, connectionOf } = parts;
    this.#parts = parts;
    this.#options = options;
    this.#call = normaliseCall(given, settings.newId);
    this.#args = this.#call.arguments;
    this.#connection = options.through ?? connectionOf(options.sessionId);
    this.#sessionId = options.sessionId ?? this.#connection?.sessionId ?? BUS_SCOPE;
    const publisher = this.#connection?.publisher ?? settings.publisher;
    this.#reporter = publisher
      ? new ToolReporter(publisher, {
          toolCallId: this.#call.id,
          toolName: this.#call.name,
          sessionId: this.#sessionId,
        })
      : silentReporter;
    this.#startedAt = settings.clock.monotonic();
  }

  get callId(): string {
    return this.#call.id;
  }

  get sessionId(): SessionId {
    return this.#sessionId;
  }

  /** Made when first asked for: most tools need none. */
  get idempotencyKey(): string {
    this.#key ??= this.#call.givenKey || this.#parts.settings.newId();
    return this.#key;
  }

  async complete(): Promise<ToolResult> {
    this.#reporter.requested(this.#call.arguments);
    try {
      const prepared = this.#prepare();
      const { beforeRun } = this.#options;
      if (!beforeRun && !(prepared instanceof Promise)) {
        return this.#finish(await this.#run(prepared, this.#startedAt));
      }
      const ready = await prepared;
      if (beforeRun) await this.#announceRun(beforeRun, ready);
      return this.#finish(await this.#run(ready, this.#parts.settings.clock.monotonic()));
    } catch (thrown) {
      return this.#finishFailed(thrown);
    }
  }

  /** Lets the run be written down before anything happens. */
  async #announceRun(
    beforeRun: NonNullable<ToolCallOptions['beforeRun']>,
    { args }: CheckedArguments,
  ): Promise<void> {
    const { name: toolName, effect } = this.#tool!;
    await beforeRun({ toolName, args, effect, idempotencyKey: this.idempotencyKey });
    const { signal } = this.#options;
    if (signal?.aborted) throw new ToolCancelledError(toolName, signal.reason);
  }

  /** Finds, parses, checks and approves; at once where nothing has to be waited for. */
  #prepare(): MaybePromise<CheckedArguments> {
    const { signal } = this.#options;
    if (signal?.aborted) throw new ToolCancelledError(this.#call.name, signal.reason);
    const registered = findTool(this.#parts.tools, this.#call.name);
    this.#tool = registered.tool;
    const checked = this.#check(registered, this.#call.arguments);
    const approval = registered.tool.approval ?? this.#parts.settings.approval;
    if (!approval) return checked instanceof Promise ? this.#bounded(() => checked) : checked;
    return this.#checkAndApprove(registered, approval, checked);
  }

  #check(registered: RegisteredTool, given: unknown): MaybePromise<CheckedArguments> {
    const parsed = parseArguments(given, registered.tool.name);
    return parsed instanceof Promise
      ? parsed.then((known) => this.#validate(registered, known))
      : this.#validate(registered, parsed);
  }

  #validate(
    { tool, schema }: RegisteredTool,
    parsed: ParsedArguments,
  ): MaybePromise<CheckedArguments> {
    this.#repairs = parsed.repairs;
    const checked = checkArguments(parsed, schema, tool.name);
    return checked instanceof Promise
      ? checked.then((known) => this.#keep(known))
      : this.#keep(checked);
  }

  async #checkAndApprove(
    registered: RegisteredTool,
    approval: ToolApproval,
    checking: MaybePromise<CheckedArguments>,
  ): Promise<CheckedArguments> {
    const checked = checking instanceof Promise ? await this.#bounded(() => checking) : checking;
    return this.#keep(await this.#approve(registered, approval, checked));
  }

  #keep(checked: CheckedArguments): CheckedArguments {
    this.#args = checked.args;
    this.#repairs = checked.repairs;
    return checked;
  }

  #approve(
    registered: RegisteredTool,
    approval: ToolApproval,
    checked: CheckedArguments,
  ): Promise<CheckedArguments> {
    const { tool } = registered;
    return approve({
      tool,
      call: this.#call,
      checked,
      sessionId: this.#sessionId,
      signal: this.#options.signal,
      approval,
      ask: (args, expiresInMs) => this.#ask(tool, args, expiresInMs),
      recheck: async (args) => this.#check(registered, args),
      withDeadline: (run) => this.#bounded(run),
    });
  }

  /** For work that is not the tool's: no schema and no hook may keep a call from coming back. */
  async #bounded<T>(run: () => Promise<T>): Promise<T> {
    const { approvalTimeoutMs: timeoutMs } = this.#parts.settings;
    const { name } = this.#call;
    const work: DeadlineWork<T> = {
      timeoutMs,
      signal: this.#options.signal,
      run,
      timedOut: () => new ToolDeniedError(name, `it was not decided about within ${timeoutMs} ms.`),
      aborted: (reason) => new ToolCancelledError(name, reason),
      ended: () => {},
      late: () => {},
    };
    return runWithDeadline(work, this.#parts.deadlines);
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

  #run(checked: CheckedArguments, startedAt: number): unknown {
    const tool = this.#tool!; // it was prepared
    const { signal } = this.#options;
    if (!this.#connection) {
      return this.#runOnce(checked, { attempt: 1, signal, publisher: undefined }, startedAt);
    }
    return this.#connection.run({
      tool,
      callId: this.#call.id,
      sessionId: this.#sessionId,
      args: checked.args,
      idempotencyKey: this.idempotencyKey,
      signal,
      start: async (attempt) =>
        this.#runOnce(checked, attempt, this.#parts.settings.clock.monotonic()),
    });
  }

  #runOnce(checked: CheckedArguments, attempt: RunAttempt, startedAt: number): unknown {
    const { runner, settings } = this.#parts;
    const tool = this.#tool!; // it was prepared
    return runner.run({
      tool,
      args: checked.value,
      jsonArgs: checked.args,
      timeoutMs: tool.timeoutMs ?? settings.defaultTimeoutMs,
      startedAt,
      attempt,
      origin: this,
      reporter: this.#reporter.through(attempt.publisher),
    });
  }

  #finish(returned: unknown): ToolResult {
    const { settings } = this.#parts;
    const { name, redactResult = settings.redactResults } = this.#tool!; // it ran
    const read = readValue(returned, name, redactResult ? settings.redact : undefined);
    return this.#settle({ status: 'ok', ...read });
  }

  #finishFailed(thrown: unknown): ToolResult {
    const { full, short } = redactError(thrown, this.#parts.settings.redact);
    const content = contentOf(thrown, short, this.#call.name).toWellFormed();
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
      status: outcome.status,
      content: capResult(outcome.content, tool?.maxResultChars ?? maxResultChars),
      ...(outcome.value !== undefined && { value: outcome.value }),
      ...(outcome.error && { error: outcome.error }),
      repairs: this.#repairs,
      durationMs: clock.monotonic() - this.#startedAt,
    };
    const { engineId } = this.#options;
    this.#reporter.finished(result, { tool, args: this.#args, engineId, error });
    return result;
  }
}
