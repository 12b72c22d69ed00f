import {
  BUS_SCOPE,
  toError,
  type ErrorData,
  type MaybePromise,
  type SessionId,
} from '@llmgine/core';
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
import { ToolReporter } from './tool-reporter.ts';
import type { CallOrigin, RunOutcome, ToolRunner } from './tool-runner.ts';

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
  return (given, options) => new ToolJourney(parts, given, options ?? noOptions).complete();
}

const noOptions: ToolCallOptions = {};

/** One call on its way through the steps; each step is a function of its own. */
class ToolJourney implements CallOrigin, RunOutcome<ToolResult> {
  readonly #parts: ExecutorParts;
  readonly #call: NormalCall;
  readonly #sessionId: SessionId;
  readonly #connection: ToolConnection | undefined;
  readonly #options: ToolCallOptions;
  /** Nobody hears of the call: there is none. */
  readonly #reporter: ToolReporter | undefined;
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
      : undefined;
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

  /** Always resolves. Where nothing else has to be waited for, the tool begins in the turn of the call. */
  complete(): Promise<ToolResult> {
    this.#reporter?.requested(this.#call.arguments);
    try {
      const prepared = this.#prepare();
      if (prepared instanceof Promise || this.#options.beforeRun) {
        return this.#completeLater(prepared);
      }
      const result = this.#run(prepared, this.#startedAt);
      return result instanceof Promise ? result : Promise.resolve(result);
    } catch (thrown) {
      return Promise.resolve(this.failed(thrown));
    }
  }

  async #completeLater(preparing: MaybePromise<CheckedArguments>): Promise<ToolResult> {
    try {
      const prepared = await preparing;
      const { beforeRun } = this.#options;
      if (beforeRun) await this.#announceRun(beforeRun, prepared);
      return await this.#run(prepared, this.#parts.settings.clock.monotonic());
    } catch (thrown) {
      return this.failed(thrown);
    }
  }

  /** The call's result with what its tool gave. Never throws. */
  succeeded(returned: unknown): ToolResult {
    try {
      return this.#finish(returned);
    } catch (thrown) {
      return this.failed(thrown);
    }
  }

  /** The call's result with what its tool, or a step before it, threw. Never throws. */
  failed(thrown: unknown): ToolResult {
    const { redact, maxResultChars } = this.#parts.settings;
    const { full, short } = redactError(thrown, redact);
    const error = toError(thrown); // what is no Error may throw when it is asked what it is
    const content = contentOf(error, short, this.#call.name).toWellFormed();
    const result = {
      callId: this.#call.id,
      name: this.#call.name,
      status: statusOf(error, full),
      content: capResult(content, this.#tool?.maxResultChars ?? maxResultChars),
      error: short,
      repairs: this.#repairs,
      durationMs: this.#elapsedMs(),
    };
    return this.#report(result, full);
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
    if (approval) return this.#checkAndApprove(registered, approval, checked);
    return checked instanceof Promise ? this.#inTime(checked) : checked;
  }

  #check(registered: RegisteredTool, given: unknown): MaybePromise<CheckedArguments> {
    const parsed = parseArguments(given, registered.tool.name);
    return parsed instanceof Promise
      ? this.#checkLater(registered, parsed)
      : this.#validate(registered, parsed);
  }

  async #checkLater(
    registered: RegisteredTool,
    parsing: Promise<ParsedArguments>,
  ): Promise<CheckedArguments> {
    return this.#validate(registered, await parsing);
  }

  #validate(
    { tool, schema }: RegisteredTool,
    parsed: ParsedArguments,
  ): MaybePromise<CheckedArguments> {
    this.#repairs = parsed.repairs;
    const checked = checkArguments(parsed, schema, tool.name);
    return checked instanceof Promise ? this.#keepLater(checked) : this.#keep(checked);
  }

  async #keepLater(checking: Promise<CheckedArguments>): Promise<CheckedArguments> {
    return this.#keep(await checking);
  }

  async #checkAndApprove(
    registered: RegisteredTool,
    approval: ToolApproval,
    checking: MaybePromise<CheckedArguments>,
  ): Promise<CheckedArguments> {
    const checked = checking instanceof Promise ? await this.#inTime(checking) : checking;
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

  #inTime<T>(working: Promise<T>): Promise<T> {
    return this.#bounded(() => working);
  }

  /** For work that is not the tool's: no schema and no hook may keep a call from coming back. */
  async #bounded<T>(run: () => Promise<T>): Promise<T> {
    const { approvalTimeoutMs: timeoutMs } = this.#parts.settings;
    const { name } = this.#call;
    const work: DeadlineWork<T, T> = {
      timeoutMs,
      signal: this.#options.signal,
      run,
      succeeded: (value) => value,
      failed: (error) => Promise.reject(error),
      timedOut: () => new ToolDeniedError(name, `it was not decided about within ${timeoutMs} ms.`),
      aborted: (reason) => new ToolCancelledError(name, reason),
      ended: () => {},
      abandoned: () => {},
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
        this.#reporter?.approvalRequested(tool, { approvalId, args, expiresAt }),
      cancelled: () => new ToolCancelledError(tool.name, signal?.reason),
    });
  }

  #run(checked: CheckedArguments, startedAt: number): MaybePromise<ToolResult> {
    if (this.#connection) return this.#runThrough(this.#connection, checked);
    const { signal } = this.#options;
    const attempt = signal ? { ...firstAttempt, signal } : firstAttempt;
    return this.#runOnce(checked, { attempt, startedAt, outcome: this });
  }

  async #runThrough(connection: ToolConnection, checked: CheckedArguments): Promise<ToolResult> {
    const { clock } = this.#parts.settings;
    try {
      const value = await connection.run({
        tool: this.#tool!, // it was prepared
        callId: this.#call.id,
        sessionId: this.#sessionId,
        args: checked.args,
        idempotencyKey: this.idempotencyKey,
        signal: this.#options.signal,
        start: async (attempt) =>
          this.#runOnce(checked, { attempt, startedAt: clock.monotonic(), outcome: asItIs }),
      });
      return this.succeeded(value);
    } catch (thrown) {
      return this.failed(thrown);
    }
  }

  #runOnce<Outcome>(
    { value, args }: CheckedArguments,
    { attempt, startedAt, outcome }: OneRun<Outcome>,
  ): MaybePromise<Outcome> {
    const { runner, settings } = this.#parts;
    const tool = this.#tool!; // it was prepared
    return runner.run({
      tool,
      args: value,
      jsonArgs: args,
      timeoutMs: tool.timeoutMs ?? settings.defaultTimeoutMs,
      startedAt,
      attempt,
      origin: this,
      outcome,
      reporter: attempt.publisher ? this.#reporter?.through(attempt.publisher) : this.#reporter,
    });
  }

  #finish(returned: unknown): ToolResult {
    const { settings } = this.#parts;
    const tool = this.#tool!; // it ran
    const { redactResult = settings.redactResults } = tool;
    const { value, content } = readValue(
      returned,
      tool.name,
      redactResult ? settings.redact : undefined,
    );
    return this.#report({
      callId: this.#call.id,
      name: this.#call.name,
      status: 'ok',
      content: capResult(content, tool.maxResultChars ?? settings.maxResultChars),
      value,
      repairs: this.#repairs,
      durationMs: this.#elapsedMs(),
    });
  }

  #elapsedMs(): number {
    return this.#parts.settings.clock.monotonic() - this.#startedAt;
  }

  #report(result: ToolResult, error?: ErrorData): ToolResult {
    const { engineId } = this.#options;
    this.#reporter?.finished(result, { tool: this.#tool, args: this.#args, engineId, error });
    return result;
  }
}

/** One run out of possibly several of a call. */
interface OneRun<Outcome> {
  readonly attempt: RunAttempt;
  readonly startedAt: number;
  readonly outcome: RunOutcome<Outcome>;
}

/** For runs whose outcome others decide about first. */
const asItIs: RunOutcome<unknown> = {
  succeeded: (value) => value,
  failed: (error) => Promise.reject(error),
};

/** Of a call that nothing ends from outside. */
const firstAttempt: RunAttempt = { attempt: 1, signal: undefined, publisher: undefined };
