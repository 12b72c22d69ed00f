import { describe, expect, it } from 'vitest';
import { createPaint } from '../console/paint.ts';
import type { LogRecord } from '../records/log-record.ts';
import { drawTrace, type DrawOptions } from './draw-trace.ts';
import { buildTrace, type TraceNode } from './trace-tree.ts';

const drawing: DrawOptions = { paint: createPaint(false), width: 60, offsetMinutes: () => 0 };

type Shape = 'wide' | 'deep';
const shapes: readonly Shape[] = ['wide', 'deep'];

/** One that caused all others, or each caused by the one before. */
const parentOf = (shape: Shape, id: number): number => (shape === 'wide' ? 0 : id - 1);

function recordsOf(shape: Shape, count: number): LogRecord[] {
  return Array.from({ length: count }, (_, id) => ({
    time: '2026-11-22T17:00:01.000Z',
    level: 'info',
    signal: 'event.processed',
    type: 'part',
    id: `p${id}`,
    ...(id > 0 && { causation: `p${parentOf(shape, id)}` }),
  }));
}

const FRAMES_LEFT = 500;

/** Runs something where the stack is nearly used up: a list spread into a call fails there with 8,000 items already. */
function withLittleStack<T>(run: () => T): T {
  let outcome: { value: T } | { error: unknown } | undefined;
  const descend = (): number => {
    let below = 0;
    try {
      below = descend() + 1;
    } catch {
      // Here is the end of the stack.
    }
    if (below === FRAMES_LEFT) outcome = attempt(run);
    return below;
  };
  descend();
  if (outcome && 'value' in outcome) return outcome.value;
  throw outcome?.error;
}

function attempt<T>(run: () => T): { value: T } | { error: unknown } {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}

/** How often the fields of some objects are read, while something is done with them. */
function readsDuring<T extends object>(items: readonly T[], work: (counted: T[]) => void): number {
  let reads = 0;
  const counting: ProxyHandler<T> = {
    get: (item, name) => {
      reads++;
      return Reflect.get(item, name) as unknown;
    },
  };
  work(items.map((item) => new Proxy(item, counting)));
  return reads;
}

function treeOf(shape: Shape, nodes: readonly TraceNode[]): TraceNode {
  for (const [id, node] of nodes.entries()) {
    if (id > 0) nodes[parentOf(shape, id)]!.children.push(node);
  }
  return nodes[0]!; // there are some
}

const nodesOf = (count: number): TraceNode[] =>
  Array.from({ length: count }, (_, id) => ({
    id: `p${id}`,
    name: 'part',
    sign: '✓',
    tone: 'good',
    details: '',
    startedAt: 0,
    durationMs: 0,
    failed: false,
    children: [],
  }));

describe('the tree of a long conversation', () => {
  it('has so little stack in these tests that spreading its parts into a call would fail', () => {
    const parts = recordsOf('wide', 8_000).map(() => 1);

    expect(() => withLittleStack(() => Math.max(...parts))).toThrow(RangeError);
  });

  it.each(shapes)('is drawn with little stack: %s', (shape) => {
    const records = recordsOf(shape, 8_000);

    const drawn = withLittleStack(() => drawTrace(buildTrace('c', records), drawing));

    expect(drawn.split('\n')).toHaveLength(8_002);
  });

  it.each(shapes)('is built and drawn in time that grows as its parts do: %s', (shape) => {
    const building = (count: number): number =>
      readsDuring(recordsOf(shape, count), (records) => void buildTrace('c', records));
    const drawingIt = (count: number): number =>
      readsDuring(nodesOf(count), (nodes) => {
        const roots = [treeOf(shape, nodes)];
        drawTrace({ correlation: 'c', session: undefined, roots }, drawing);
      });

    for (const reads of [building, drawingIt]) {
      expect(reads(600)).toBeLessThan(3.3 * reads(200));
    }
  });
});
