import type { LogRecord } from '../records/log-record.ts';
import { shortId } from '../records/short-id.ts';
import { fit, formatDuration, oneLine } from './layout.ts';
import { paintId, type Paint } from './paint.ts';
import { detailsOf } from './record-details.ts';
import { faceOf, paintTone } from './record-face.ts';

/** How lines for people are laid out. */
export interface RecordLineOptions {
  readonly paint: Paint;
  /** Minutes east of UTC. */
  readonly offsetMinutes: (epochMs: number) => number;
}

const NAME_COLUMNS = 30;
const DURATION_COLUMNS = 8;
const ID_COLUMNS = 12;

/** Writes one record as a line for people: time, sign, name, duration, session, correlation, and what else there is. */
export function toRecordLine(
  record: LogRecord,
  { paint, offsetMinutes }: RecordLineOptions,
): string {
  const { sign, tone, name } = faceOf(record);
  const details = detailsOf(record);
  const serious = record.level === 'error' || record.level === 'warn';
  const ids = [record.session === 'BUS' ? undefined : record.session, record.correlation];
  const columns = [
    paint.dim(timeOf(record.time, offsetMinutes)),
    paintTone(paint, tone, sign),
    named(fit(oneLine(name), NAME_COLUMNS), tone, paint),
    dimmed(durationOf(record).padStart(DURATION_COLUMNS), paint),
    ...ids.map((id) => idColumn(id, paint)),
    serious && details !== '' ? paintTone(paint, tone, details) : details,
  ];
  return `${columns.join(' ').trimEnd()}\n`;
}

function named(name: string, tone: Parameters<typeof paintTone>[1], paint: Paint): string {
  if (tone === 'quiet') return paint.dim(name);
  return tone === 'bad' || tone === 'warning' || tone === 'session'
    ? paintTone(paint, tone, name)
    : name;
}

function timeOf(time: string, offsetMinutes: RecordLineOptions['offsetMinutes']): string {
  const epochMs = Date.parse(time);
  return new Date(epochMs + offsetMinutes(epochMs) * 60_000).toISOString().slice(11, 23);
}

/** What took long is the tool or the model, not the event that tells of it. */
function durationOf({ tool, model, durationMs }: LogRecord): string {
  const took = tool?.durationMs ?? model?.durationMs ?? durationMs;
  return took === undefined ? '' : formatDuration(took);
}

function idColumn(id: string | undefined, paint: Paint): string {
  if (id === undefined) return ' '.repeat(ID_COLUMNS);
  const short = shortId(oneLine(id));
  return paintId(paint, short) + ' '.repeat(Math.max(0, ID_COLUMNS - short.length));
}

/** Colour round nothing would keep the end of a line from being trimmed. */
function dimmed(text: string, paint: Paint): string {
  return text.trim() === '' ? text : paint.dim(text);
}
