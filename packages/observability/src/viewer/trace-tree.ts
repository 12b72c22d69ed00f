import { isBusEventType } from '@llmgine/core';
import { faceOf, type RecordFace } from '../console/record-face.ts';
import { detailsOf } from '../console/record-details.ts';
import type { LogRecord } from '../records/log-record.ts';

/** One part of a conversation and what it caused. */
export interface TraceNode {
  readonly id: string;
  readonly name: string;
  readonly sign: string;
  readonly tone: RecordFace['tone'];
  readonly details: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly failed: boolean;
  readonly children: TraceNode[];
}

/** All of a conversation that the log tells of. */
export interface Trace {
  readonly correlation: string;
  readonly session: string | undefined;
  readonly roots: readonly TraceNode[];
}

/** Records whose parts come and go in others. */
const shownByAnother = new Set([
  'tool.call.requested',
  'tool.execute.started',
  'model.call.started',
]);

/** Puts the records of one conversation together: who caused what, from when to when. */
export function buildTrace(correlation: string, records: readonly LogRecord[]): Trace {
  const nodes = new Map<string, { node: TraceNode; causation: string | undefined }>();
  for (const record of records.filter(tellsOfMessage)) {
    nodes.set(record.id!, { node: toNode(record), causation: record.causation });
  }
  addUnfinished(nodes, records);
  addAttempts(nodes, records);

  const roots: TraceNode[] = [];
  for (const { node, causation } of nodes.values()) {
    const parent = causation === undefined ? undefined : nodes.get(causation);
    (parent?.node.children ?? roots).push(node);
  }
  for (const { node } of nodes.values()) node.children.sort(byStart);
  return {
    correlation,
    session: records.find(({ session }) => session !== undefined && session !== 'BUS')?.session,
    roots: roots.toSorted(byStart),
  };
}

/** The record that says how it ended. */
function tellsOfMessage({ signal, id, type }: LogRecord): boolean {
  if (id === undefined || type === undefined) return false;
  if (shownByAnother.has(type) || isBusEventType(type)) return false;
  return [
    'command.completed',
    'event.processed',
    'event.dropped',
    'event.scheduled',
    'event.filtered',
  ].includes(signal);
}

function toNode(record: LogRecord): TraceNode {
  const { sign, tone, name } = faceOf(record);
  const durationMs = record.tool?.durationMs ?? record.model?.durationMs ?? record.durationMs ?? 0;
  return {
    id: record.id!,
    name,
    sign,
    tone,
    details: detailsOf(record),
    startedAt: Date.parse(record.time) - durationMs,
    durationMs,
    failed: record.level === 'error',
    children: [],
  };
}

/** Commands that have begun and of whose end the log does not know. */
function addUnfinished(
  nodes: Map<string, { node: TraceNode; causation: string | undefined }>,
  records: readonly LogRecord[],
): void {
  const last = records.reduce((latest, { time }) => Math.max(latest, Date.parse(time)), -Infinity);
  for (const record of records) {
    if (record.signal !== 'command.started' || nodes.has(record.id!)) continue;
    const startedAt = Date.parse(record.time);
    const node = {
      ...toNode(record),
      sign: '…',
      details: 'not finished',
      startedAt,
      durationMs: last - startedAt,
    };
    nodes.set(record.id!, { node, causation: record.causation });
  }
}

/** Single attempts are worth a line where there were several, and each handler of an event is. */
function addAttempts(
  nodes: ReadonlyMap<string, { node: TraceNode }>,
  records: readonly LogRecord[],
): void {
  const finished = records.filter(({ signal }) => signal === 'handler.finished');
  const callsOf = new Map<string | undefined, number>();
  for (const { id } of finished) callsOf.set(id, (callsOf.get(id) ?? 0) + 1);
  for (const record of finished) {
    const owner = nodes.get(record.id!)?.node;
    if (!owner || (record.kind === 'command' && callsOf.get(record.id) === 1)) continue;
    const failed = record.outcome !== 'succeeded';
    const again = record.kind === 'command' || Number(record.attempt) > 1;
    owner.children.push({
      ...toNode(record),
      id: `${record.id}:${record.handler}:${record.attempt}`,
      name: `→ ${record.handler}${again ? `, attempt ${record.attempt}` : ''}`,
      sign: failed ? '✗' : '·',
      tone: failed ? 'bad' : 'quiet',
      details: record.error ? `${record.error.name}: ${record.error.message}` : '',
      failed,
    });
  }
}

function byStart(a: TraceNode, b: TraceNode): number {
  return a.startedAt - b.startedAt;
}
