import type { LogRecord } from '../records/log-record.ts';
import type { Paint } from './paint.ts';

/** How a record is recognised at a glance: a sign, its colour, and a name. */
export interface RecordFace {
  readonly sign: string;
  readonly tone: 'good' | 'bad' | 'warning' | 'quiet' | 'event' | 'tool' | 'model' | 'session';
  readonly name: string;
}

/** What a record is about, for people. */
export function faceOf(record: LogRecord): RecordFace {
  const { signal, tool, model } = record;
  if (tool && record.type === 'tool.executed') {
    const fine = tool.status === 'ok';
    return { sign: fine ? '◆' : '✗', tone: fine ? 'tool' : 'bad', name: tool.name };
  }
  if (model && record.type === 'model.call.finished') {
    const fine = model.success === true;
    return { sign: fine ? '✦' : '✗', tone: fine ? 'model' : 'bad', name: model.name };
  }
  if (signal.startsWith('session.')) return { sign: '▸', tone: 'session', name: signal };
  if (signal.startsWith('bus.')) return { sign: '●', tone: 'session', name: signal };
  return { ...outcomeFace(record), name: nameOf(record) };
}

function outcomeFace({ signal, level, kind }: LogRecord): Pick<RecordFace, 'sign' | 'tone'> {
  if (signal === 'command.retried' || signal === 'event-handler.retried') {
    return { sign: '↻', tone: 'warning' };
  }
  if (level === 'error') return { sign: '✗', tone: 'bad' };
  if (level === 'warn') return { sign: '!', tone: 'warning' };
  if (signal === 'command.completed') return { sign: '✓', tone: 'good' };
  if (level === 'debug' || level === 'trace') {
    return { sign: kind === 'command' ? '›' : '·', tone: 'quiet' };
  }
  if (signal === 'event.processed') return { sign: '•', tone: 'event' };
  if (signal === 'event.scheduled') return { sign: '◷', tone: 'event' };
  return { sign: '·', tone: 'quiet' };
}

function nameOf({ signal, type, handler, breaker, store, filter }: LogRecord): string {
  if (signal === 'handler.finished' || signal === 'handler.started') return `${type} → ${handler}`;
  const about = [type, breaker, store, filter].find((name) => typeof name === 'string');
  return about ?? signal;
}

/** Paints in a face's colour. */
export function paintTone(paint: Paint, tone: RecordFace['tone'], text: string): string {
  switch (tone) {
    case 'good':
      return paint.green(text);
    case 'bad':
      return paint.red(text);
    case 'warning':
      return paint.yellow(text);
    case 'event':
      return paint.cyan(text);
    case 'tool':
      return paint.magenta(text);
    case 'model':
      return paint.blue(text);
    case 'session':
      return paint.bold(text);
    case 'quiet':
      return paint.dim(text);
    default:
      return tone satisfies never;
  }
}
