import { toErrorData, type ErrorData } from '@llmgine/core';
import type { Redactor } from '@llmgine/core/redaction';

/** An error as a result and an event may show it. */
export interface RedactedError {
  /** With its stack, for operators. */
  readonly full: ErrorData;
  /** Without stacks, for results. */
  readonly short: ErrorData;
}

/** Turns whatever was thrown into data without secrets. Never throws. */
export function redactError(thrown: unknown, redact: Redactor): RedactedError {
  const full = redact(safeErrorData(thrown)) as ErrorData;
  return { full, short: withoutStack(full) };
}

/** Errors can have getters that throw, too. */
function safeErrorData(thrown: unknown): ErrorData {
  try {
    return toErrorData(thrown);
  } catch {
    return { name: 'Error', message: 'A value that cannot be read was thrown.' };
  }
}

function withoutStack({ name, message, code, cause }: ErrorData): ErrorData {
  return {
    name,
    message,
    ...(code !== undefined && { code }),
    ...(cause && { cause: withoutStack(cause) }),
  };
}
