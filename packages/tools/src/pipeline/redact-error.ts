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
  const full = redacted(safeErrorData(thrown), redact);
  return { full, short: withoutStack(full) };
}

/** What could not be redacted is not shown. */
function redacted(error: ErrorData, redact: Redactor): ErrorData {
  try {
    const shown = redact(error);
    if (isErrorData(shown)) return shown;
  } catch {
    // as below
  }
  return {
    name: error.name,
    message: 'What went wrong cannot be shown: it could not be redacted.',
  };
}

function isErrorData(value: unknown): value is ErrorData {
  const { name, message } = (value ?? {}) as { name?: unknown; message?: unknown };
  return typeof name === 'string' && typeof message === 'string';
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
