import { toError, type ErrorData } from '@llmgine/core';
import type { Tool } from './define-tool.ts';
import { capResult } from './pipeline/cap-result.ts';
import { contentOf, statusOf } from './pipeline/describe-failure.ts';
import { readValue } from './pipeline/read-value.ts';
import { redactError } from './pipeline/redact-error.ts';
import type { NormalCall, ToolResult } from './tool-call.ts';
import type { ToolManagerSettings } from './tool-manager-options.ts';

/** What a result says beside its outcome. */
export interface ResultParts {
  readonly call: NormalCall;
  readonly settings: ToolManagerSettings;
  readonly repairs: readonly string[];
  readonly durationMs: number;
}

/**
 * The last steps of a call whose tool gave a value: reads, redacts and caps it.
 * @throws UnreadableToolResultError
 */
export function resultOfValue(
  returned: unknown,
  tool: Tool,
  { call, settings, repairs, durationMs }: ResultParts,
): ToolResult {
  const { redactResult = settings.redactResults, maxResultChars = settings.maxResultChars } = tool;
  const redact = redactResult ? settings.redact : undefined;
  const { value, content } = readValue(returned, tool.name, redact);
  return {
    callId: call.id,
    name: call.name,
    status: 'ok',
    content: capResult(content, maxResultChars),
    value,
    repairs,
    durationMs,
  };
}

/** A result that is no success, and its error with the stack, for operators. */
export interface FailedResult {
  readonly result: ToolResult;
  readonly error: ErrorData;
}

/** The last steps of a call that failed before, in or after its tool. Never throws. */
export function resultOfError(
  thrown: unknown,
  tool: Tool | undefined,
  { call, settings, repairs, durationMs }: ResultParts,
): FailedResult {
  const { full, short } = redactError(thrown, settings.redact);
  const error = toError(thrown); // what is no Error may throw when it is asked what it is
  const content = contentOf(error, short, call.name).toWellFormed();
  const result: ToolResult = {
    callId: call.id,
    name: call.name,
    status: statusOf(error, full),
    content: capResult(content, tool?.maxResultChars ?? settings.maxResultChars),
    error: short,
    repairs,
    durationMs,
  };
  return { result, error: full };
}
