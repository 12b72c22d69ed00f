import type { StandardSchemaV1 } from '@standard-schema/spec';
import { LlmgineError, toError } from '@llmgine/core';
import type { ToolCallStatus, ToolEffect } from '@llmgine/core/vocabulary';
import type { ToolResult } from './tool-call.ts';

/** Why a tool call has no value. Its message is written for the model that asked. */
export abstract class ToolCallError extends LlmgineError {
  /** How the call's result says that it ended. */
  abstract readonly status: Exclude<ToolCallStatus, 'ok'>;
  abstract readonly toolName: string;
}

/** The model asked for a tool that does not exist. */
export class UnknownToolError extends ToolCallError {
  override readonly name = 'UnknownToolError';
  readonly code = 'LLMGINE_UNKNOWN_TOOL';
  readonly status = 'unknown';
  readonly toolName: string;
  /** Tools with similar names, nearest first. */
  readonly similarNames: readonly string[];

  constructor(toolName: string, similarNames: readonly string[]) {
    const hint =
      similarNames.length > 0
        ? `Did you mean ${listed(similarNames)}?`
        : 'Use one of the given tools.';
    super(`There is no tool '${toolName}'. ${hint}`);
    this.toolName = toolName;
    this.similarNames = similarNames;
  }
}

/** The arguments are no JSON object, or do not fit the tool's schema. */
export class InvalidToolArgumentsError extends ToolCallError {
  override readonly name = 'InvalidToolArgumentsError';
  readonly code = 'LLMGINE_INVALID_TOOL_ARGUMENTS';
  readonly status = 'error';
  readonly toolName: string;
  readonly issues: readonly StandardSchemaV1.Issue[];

  constructor(toolName: string, issues: readonly StandardSchemaV1.Issue[]) {
    super(
      `Invalid arguments for tool '${toolName}': ${describeIssues(issues)}. Nothing was done. Call it again with arguments that fit its schema.`,
    );
    this.toolName = toolName;
    this.issues = issues;
  }
}

/** Whoever decides about the call did not allow it. */
export class ToolDeniedError extends ToolCallError {
  override readonly name = 'ToolDeniedError';
  readonly code = 'LLMGINE_TOOL_DENIED';
  readonly status = 'denied';
  readonly toolName: string;
  readonly reason: string;

  constructor(toolName: string, reason: string, options?: ErrorOptions) {
    super(`Tool '${toolName}' was not allowed to run: ${reason} Nothing was done.`, options);
    this.toolName = toolName;
    this.reason = reason;
  }
}

/** The tool did not finish before its deadline. */
export class ToolTimeoutError extends ToolCallError {
  override readonly name = 'ToolTimeoutError';
  readonly code = 'LLMGINE_TOOL_TIMEOUT';
  readonly status = 'timeout';
  readonly toolName: string;
  readonly timeoutMs: number;

  constructor(toolName: string, timeoutMs: number, effect: ToolEffect) {
    super(`Tool '${toolName}' did not finish within ${timeoutMs} ms.${afterwards(effect)}`);
    this.toolName = toolName;
    this.timeoutMs = timeoutMs;
  }
}

/** An exclusive tool did not get its turn: a call that was given up on still runs. */
export class ToolBusyError extends ToolCallError {
  override readonly name = 'ToolBusyError';
  readonly code = 'LLMGINE_TOOL_BUSY';
  readonly status = 'timeout';
  readonly toolName: string;
  /** The exclusive group. */
  readonly group: string;

  constructor(toolName: string, group: string, waitedMs: number) {
    super(
      `Tool '${toolName}' did not start within ${waitedMs} ms: an earlier call of '${group}' still runs, and only one may. Nothing was done.`,
    );
    this.toolName = toolName;
    this.group = group;
  }
}

/** The call was aborted before it finished; `reason` says by what. */
export class ToolCancelledError extends ToolCallError {
  override readonly name = 'ToolCancelledError';
  readonly code = 'LLMGINE_TOOL_CANCELLED';
  readonly status = 'cancelled';
  readonly toolName: string;
  readonly reason: unknown;
  /** Whether the tool had begun. */
  readonly started: boolean;

  constructor(toolName: string, reason: unknown, startedEffect?: ToolEffect) {
    const told = startedEffect ? afterwards(startedEffect) : ' Nothing was done.';
    super(`The call of tool '${toolName}' was cancelled: ${reasonText(reason)}.${told}`);
    this.toolName = toolName;
    this.reason = reason;
    this.started = startedEffect !== undefined;
  }
}

/** The tool returned what no model can read. */
export class UnreadableToolResultError extends ToolCallError {
  override readonly name = 'UnreadableToolResultError';
  readonly code = 'LLMGINE_UNREADABLE_TOOL_RESULT';
  readonly status = 'error';
  readonly toolName: string;

  constructor(toolName: string, problem: string, options?: ErrorOptions) {
    super(`Tool '${toolName}' ran, but ${problem}`, options);
    this.toolName = toolName;
  }
}

/** A tool command had a result that is no success; the result says why. */
export class ToolFailedError extends LlmgineError {
  override readonly name = 'ToolFailedError';
  readonly code = 'LLMGINE_TOOL_FAILED';
  readonly result: ToolResult;

  constructor(result: ToolResult) {
    super(result.content);
    this.result = result;
  }
}

/** Two tools of one name met in one manager. */
export class DuplicateToolError extends LlmgineError {
  override readonly name = 'DuplicateToolError';
  readonly code = 'LLMGINE_DUPLICATE_TOOL';
  readonly toolName: string;

  constructor(toolName: string) {
    super(
      `A tool '${toolName}' is registered already. Unregister it first, or give one of them another name.`,
    );
    this.toolName = toolName;
  }
}

/** Somebody answered a question that nobody has asked, or that is settled. */
export class NoPendingApprovalError extends LlmgineError {
  override readonly name = 'NoPendingApprovalError';
  readonly code = 'LLMGINE_NO_PENDING_APPROVAL';
  readonly toolCallId: string;

  constructor(toolCallId: string) {
    super(
      `No approval of tool call '${toolCallId}' is awaited in this session. It was answered, has expired, or was never asked for.`,
    );
    this.toolCallId = toolCallId;
  }
}

/** Long lists help nobody, least of all a model. */
const MAX_ISSUES = 20;

/** Writes what is wrong, with paths. */
function describeIssues(issues: readonly StandardSchemaV1.Issue[]): string {
  const described = issues.slice(0, MAX_ISSUES).map(({ path = [], message }) => {
    const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
    return keys.length > 0 ? `${keys.join('.')}: ${message}` : message;
  });
  const more = issues.length - described.length;
  return [...described, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** A model that is told only that a call failed will believe that nothing happened. */
function afterwards(effect: ToolEffect): string {
  return effect === 'read'
    ? ''
    : ' It may still take effect: check before you do it again, and do not assume that it failed.';
}

function reasonText(reason: unknown): string {
  const text =
    typeof reason === 'string' ? reason : toError(reason ?? 'no reason was given').message;
  return text.replace(/\.$/, '');
}

function listed(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
