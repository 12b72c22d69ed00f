import type { ErrorData } from '@llmgine/core';
import type { LogRecord } from '../records/log-record.ts';
import { formatDuration, oneLine } from './layout.ts';

/** What a record says besides who, what and how long: the end of its line. */
export function detailsOf(record: LogRecord): string {
  return oneLine(
    pieces(record)
      .filter((piece) => piece !== '')
      .join('  '),
  );
}

function pieces(record: LogRecord): string[] {
  return [
    signalNote(record),
    toolNote(record),
    modelNote(record),
    ...(record.failures ?? []).map(({ handler, error }) => `${handler}: ${errorNote(error)}`),
    record.error ? errorNote(record.error) : '',
    record.data === undefined ? '' : JSON.stringify(record.data),
  ];
}

/** Which of the signal's own fields people want to see. */
function signalNote(record: LogRecord): string {
  const { signal, attempt, delayMs } = record;
  switch (signal) {
    case 'command.retried':
    case 'event-handler.retried':
      return `attempt ${attempt} failed, again in ${formatDuration(Number(delayMs))}`;
    case 'handler.finished':
      return Number(attempt) > 1 ? `attempt ${attempt}, ${record.outcome}` : String(record.outcome);
    case 'event.dropped':
      return `dropped: ${String(record['reason'])}, queue ${String(record['queueSize'])}`;
    case 'event.filtered':
      return `refused by ${String(record['filter'])}`;
    case 'event.scheduled':
      return `due ${instantOf(Number(record['scheduledAt']))}`;
    case 'circuit.changed':
      return `circuit ${String(record['from'])} → ${String(record['to'])}`;
    case 'queue.pressure-changed':
      return `${record['active'] === true ? 'under pressure' : 'relieved'}, ${String(record['queueSize'])} waiting`;
    case 'command.dead-lettered':
    case 'event.dead-lettered':
      return `given up on, ${String(record['deadLetters'])} dead letters`;
    case 'bus.stopped':
      return stopNote(record);
    default:
      return shownByFace.has(signal) ? '' : signal;
  }
}

/** Whose sign or name says it all. */
const shownByFace = new Set<LogRecord['signal']>([
  'command.completed',
  'event.processed',
  'session.started',
  'session.ended',
  'bus.started',
]);

function stopNote(record: LogRecord): string {
  const lost = Number(record['dropped']) + Number(record['abandoned']);
  return lost === 0
    ? ''
    : `${String(record['dropped'])} events dropped, ${String(record['abandoned'])} handlers abandoned`;
}

function toolNote({ type, tool }: LogRecord): string {
  if (!tool) return '';
  const { name, status = 'ok', repairs } = tool;
  return spaced([
    type === 'tool.executed' ? '' : name,
    status === 'ok' ? '' : status,
    repairs ? `mended: ${repairs.join(', ')}` : '',
  ]);
}

function modelNote({ type, model }: LogRecord): string {
  if (!model) return '';
  if (type !== 'model.call.finished') return `${model.name}  step ${model.step}`;
  const { inputTokens = '?', outputTokens = '?', cost, finishReason = 'stop' } = model;
  return spaced([
    `${inputTokens} → ${outputTokens} tokens`, // unknown is never 0
    cost === undefined ? '' : `$${cost.toFixed(4)}`,
    finishReason === 'stop' ? '' : finishReason,
  ]);
}

function spaced(pieces: readonly string[]): string {
  return pieces.filter((piece) => piece !== '').join('  ');
}

function errorNote({ name, message, cause }: ErrorData): string {
  const because = cause === undefined ? '' : ` ← ${cause.name}: ${cause.message}`;
  return `${name}: ${message}${because}`;
}

/** A date, or, beyond the years that dates can have, the number. */
function instantOf(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? String(epochMs) : date.toISOString();
}
