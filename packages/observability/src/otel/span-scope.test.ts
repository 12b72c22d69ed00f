import { createRedactor } from '@llmgine/core/redaction';
import { ROOT_CONTEXT, trace, type Span } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { SpanScope } from './span-scope.ts';

const createScope = (): SpanScope =>
  new SpanScope({ tracer: trace.getTracer('test'), redact: createRedactor(), content: false });

function spanThatTells(ended: string[], name: string): Span {
  return { end: () => void ended.push(name) } as Span;
}

describe('SpanScope', () => {
  it('forgets a message that is taken', () => {
    const scope = createScope();
    scope.open('a', spanThatTells([], 'a'), ROOT_CONTEXT);

    expect(scope.take('a')?.open).toBeDefined();
    expect([scope.traceOf('a'), scope.take('a')]).toEqual([undefined, undefined]);
  });

  it('ends the oldest spans when more than it remembers are never ended, and all when it is cleared', () => {
    const scope = createScope();
    const ended: string[] = [];

    for (let id = 0; id < 20_002; id++) {
      scope.open(`m${id}`, spanThatTells(ended, `m${id}`), ROOT_CONTEXT);
    }
    const tooMany = [...ended];
    scope.clear();

    expect(tooMany).toEqual(['m0', 'm1']);
    expect(ended).toHaveLength(20_002);
  });
});
