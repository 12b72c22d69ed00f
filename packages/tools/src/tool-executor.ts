import { BUS_SCOPE, type ErrorData, type MaybePromise, type SessionId } from '@llmgine/core';
import type { ApprovalDecision, ToolApproval } from './approval.ts';
import type { Tool } from './define-tool.ts';
import { resultOfError, resultOfValue, type ResultParts } from './call-result.ts';
import { ToolCancelledError } from './errors.ts';
import type { ExecutorParts, OneRun } from './executor-parts.ts';
import { approve } from './pipeline/approve.ts';
import { checkArguments, type CheckedArguments } from './pipeline/check-arguments.ts';
import { decideInTime, type DecisionTime } from './pipeline/decide-in-time.ts';
import { findTool } from './pipeline/find-tool.ts';
import { normaliseCall } from './pipeline/normalise-call.ts';
import { parseArguments, type ParsedArguments } from './pipeline/parse-arguments.ts';
import { asItIs } from './pipeline/run-with-deadline.ts';
import type { NormalCall, ToolCall, ToolCallOptions, ToolResult } from './tool-call.ts';
import type { RegisteredTool } from './tool-catalogue.ts';
import type { RunAttempt, ToolConnection } from './tool-connection.ts';
import { ToolReporter } from './tool-reporter.ts';
import type { CallOrigin, RunOutcome } from './tool-runner.ts';

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
      const tool = this.#tool!; // it ran
      return this.#report(resultOfValue(returned, tool, this.#resultParts()));
    } catch (thrown) {
      return this.failed(thrown);
    }
  }

  /** The call's result with what its tool, or a step before it, threw. Never throws. */
  failed(thrown: unknown): ToolResult {
    const { result, error } = resultOfError(thrown, this.#tool, this.#resultParts());
    return this.#report(result, error);
  }

  #resultParts(): ResultParts {
    const { settings } = this.#parts;
    const durationMs = settings.clock.monotonic() - this.#startedAt;
    return { call: this.#call, settings, repairs: this.#repairs, durationMs };
  }

  #report(result: ToolResult, error?: ErrorData): ToolResult {
    const { engineId } = this.#options;
    this.#reporter?.finished(result, { tool: this.#tool, args: this.#args, engineId, error });
    return result;
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
    return checked instanceof Promise ? decideInTime(() => checked, this.#decisionTime()) : checked;
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
    const checked =
      checking instanceof Promise
        ? await decideInTime(() => checking, this.#decisionTime())
        : checking;
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
      withDeadline: (run) => decideInTime(run, this.#decisionTime()),
    });
  }

  #decisionTime(): DecisionTime {
    const { settings, deadlines } = this.#parts;
    const { signal } = this.#options;
    return {
      toolName: this.#call.name,
      timeoutMs: settings.approvalTimeoutMs,
      signal,
      deadlines,
    };
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
        start: (attempt) =>
          Promise.resolve(
            this.#runOnce(checked, { attempt, startedAt: clock.monotonic(), outcome: asItIs() }),
          ),
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
}

/** Of a call that nothing ends from outside. */
const firstAttempt: RunAttempt = { attempt: 1, signal: undefined, publisher: undefined };
