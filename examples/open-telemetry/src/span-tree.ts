import { SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** Writes spans as a tree, each with its duration. */
export function spanTree(spans: readonly ReadableSpan[]): string[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const roots = spans.filter(({ parentSpanContext }) => !ids.has(parentSpanContext?.spanId ?? ''));
  return roots.flatMap((root) => draw(root, ''));

  function draw(span: ReadableSpan, indent: string): string[] {
    const children = spans
      .filter(({ parentSpanContext }) => parentSpanContext?.spanId === span.spanContext().spanId)
      .toSorted((a, b) => millisecondsOf(a.startTime) - millisecondsOf(b.startTime));
    const failed =
      span.status.code === SpanStatusCode.ERROR ? `  ✗ ${span.status.message ?? ''}` : '';
    const line = `${indent}${span.name}  ${millisecondsOf(span.duration).toFixed(1)} ms${failed}`;
    return [line, ...children.flatMap((child) => draw(child, `${indent}  `))];
  }
}

function millisecondsOf([seconds, nanoseconds]: [number, number]): number {
  return seconds * 1_000 + nanoseconds / 1_000_000;
}
