import { columnsOf, fit, formatDuration, oneLine } from '../console/layout.ts';
import { paintId, type Paint } from '../console/paint.ts';
import { paintTone } from '../console/record-face.ts';
import { shortId } from '../records/short-id.ts';
import type { Trace, TraceNode } from './trace-tree.ts';

/** How a tree is laid out. */
export interface DrawOptions {
  readonly paint: Paint;
  /** Columns of the terminal. */
  readonly width: number;
  /** Minutes east of UTC. */
  readonly offsetMinutes: (epochMs: number) => number;
}

const DURATION_COLUMNS = 8;
/** What lies deeper is drawn at this depth: there are no columns left to indent it by. */
const MAX_DEPTH = 16;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** The time that a whole trace spans, for its bars. */
interface Span {
  readonly startedAt: number;
  readonly durationMs: number;
}

/** Draws a conversation: what caused what as a tree, and when each part ran as a bar. */
export function drawTrace(trace: Trace, options: DrawOptions): string {
  if (trace.roots.length === 0) return '';
  const all = trace.roots.flatMap(flatten);
  let [startedAt, endedAt] = [Infinity, -Infinity];
  for (const node of all) {
    startedAt = Math.min(startedAt, node.startedAt);
    endedAt = Math.max(endedAt, node.startedAt + node.durationMs);
  }
  const span = { startedAt, durationMs: endedAt - startedAt };

  const lines = trace.roots.flatMap((root) =>
    drawNode(root, { head: '', tail: '', depth: 1 }, { span, ...options }),
  );
  return `${[headerOf(trace, all, { span, ...options }), ...lines].join('\n')}\n`;
}

function headerOf(
  { session, correlation }: Trace,
  all: readonly TraceNode[],
  { paint, span, offsetMinutes }: DrawOptions & { readonly span: Span },
): string {
  const local = new Date(span.startedAt + offsetMinutes(span.startedAt) * 60_000).toISOString();
  const failed = all.filter((node) => node.failed).length;
  const pieces = [
    ...(session === undefined ? [] : [paintId(paint, shortId(oneLine(session)))]),
    paintId(paint, shortId(oneLine(correlation))),
    paint.dim(`${local.slice(0, 10)} ${local.slice(11, 23)}`),
    paint.bold(formatDuration(span.durationMs)),
    paint.dim(`${all.length} ${all.length === 1 ? 'part' : 'parts'}`),
    ...(failed === 0 ? [] : [paint.red(`${failed} failed`)]),
  ];
  return pieces.join(paint.dim(' · '));
}

/** What stands before a node and before what is below it. */
interface Lead {
  readonly head: string;
  readonly tail: string;
  readonly depth: number;
}

function drawNode(
  node: TraceNode,
  lead: Lead,
  options: DrawOptions & { readonly span: Span },
): string[] {
  const isDeepest = lead.depth === MAX_DEPTH;
  const below = isDeepest ? flatten(node).slice(1) : node.children;
  const lines = below.flatMap((child, index) => {
    const isLast = index === below.length - 1;
    const inner = {
      depth: lead.depth + 1,
      head: `${lead.tail}${isLast ? '└─ ' : '├─ '}`,
      tail: `${lead.tail}${isLast ? '   ' : '│  '}`,
    };
    return isDeepest ? drawLine(child, inner.head, options) : drawNode(child, inner, options);
  });
  return [drawLine(node, lead.head, options), ...lines];
}

function drawLine(
  node: TraceNode,
  head: string,
  { paint, width, span }: DrawOptions & { readonly span: Span },
): string {
  const barColumns = Math.max(10, Math.min(40, Math.floor(width / 3)));
  const textColumns = width - barColumns - DURATION_COLUMNS - 4;
  const room = Math.max(8, textColumns - columnsOf(head) - 2);
  const name = oneLine(node.name);
  const details = oneLine(node.details);
  const shownName = columnsOf(name) > room ? fit(name, room) : name;
  const left = fit(details, Math.max(0, room - columnsOf(shownName) - 2));

  return [
    paint.dim(head),
    paintTone(paint, node.tone, node.sign),
    ' ',
    node.failed ? paint.red(shownName) : shownName,
    left.trim() === ''
      ? ' '.repeat(room - columnsOf(shownName))
      : `  ${node.failed ? paint.red(left) : paint.dim(left)}`,
    paint.dim(formatDuration(node.durationMs).padStart(DURATION_COLUMNS)),
    paint.dim(' ▕'),
    paintTone(paint, node.tone, barOf(node, span, barColumns)),
    paint.dim('▏'),
  ].join('');
}

/** A bar exact to an eighth of a column at its end, and never invisible. */
function barOf({ startedAt, durationMs }: TraceNode, span: Span, columns: number): string {
  const scale = span.durationMs > 0 ? columns / span.durationMs : 0;
  const from = Math.min(columns - 1, Math.floor((startedAt - span.startedAt) * scale));
  const length = scale === 0 ? columns : Math.min(columns - from, durationMs * scale);
  const eighths = Math.max(1, Math.round(length * 8));
  const bar = '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
  return fit(' '.repeat(from) + bar, columns);
}

/** A node and everything below it, each before what it caused. */
function flatten(root: TraceNode): TraceNode[] {
  const all: TraceNode[] = [];
  const waiting = [root];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    all.push(node);
    for (const child of node.children.toReversed()) waiting.push(child);
  }
  return all;
}
