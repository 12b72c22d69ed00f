import type { ErrorData } from '@llmgine/core';
import { toErrorData } from '@llmgine/core';
import type { Redactor } from '@llmgine/core/redaction';
import { SpanStatusCode, type Span } from '@opentelemetry/api';
import { attribute } from './attributes.ts';

/** Marks a span as failed and says why. */
export function markFailed(span: Span, error: unknown, redact: Redactor): void {
  const { type, message } = describe(error, redact);
  span.setAttribute(attribute.errorType, type);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** Marks a span as failed and keeps the error on it: for the span in which it happened. */
export function recordFailure(span: Span, error: unknown, redact: Redactor): void {
  const { name, message, stack } = describe(error, redact);
  span.recordException({ name, message, ...(stack !== undefined && { stack }) });
  markFailed(span, error, redact);
}

function describe(error: unknown, redact: Redactor) {
  const data = redact(isErrorData(error) ? error : toErrorData(error)) as ErrorData;
  return { ...data, type: data.code ?? data.name };
}

function isErrorData(error: unknown): error is ErrorData {
  return (
    !(error instanceof Error) &&
    typeof (error as Partial<ErrorData> | null)?.name === 'string' &&
    typeof (error as Partial<ErrorData>).message === 'string'
  );
}
