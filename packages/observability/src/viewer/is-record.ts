import { logLevels } from '../records/log-level.ts';
import type { LogRecord } from '../records/log-record.ts';

/** Beyond these a date cannot be written, also after hours of time zone and years of duration. */
const MAX_EPOCH_MS = 8e15;
const MAX_DURATION_MS = 1e14;

type Fields = Readonly<Record<string, unknown>>;

const texts = ['type', 'kind', 'id', 'session', 'correlation', 'causation', 'handler', 'outcome'];

/** Tells records from what else a file may hold: a viewer is used when something has gone wrong, maybe with the log. */
export function isRecord(value: unknown): value is LogRecord {
  if (!isFields(value)) return false;
  const { time, signal, level, durationMs, error, failures, tool, model } = value;
  return (
    typeof signal === 'string' &&
    logLevels.some((known) => known === level) &&
    Math.abs(Date.parse(String(time))) < MAX_EPOCH_MS &&
    texts.every((name) => isOptional(value[name], isText)) &&
    isOptional(durationMs, isDuration) &&
    isOptional(error, isError) &&
    isOptional(failures, (each) => Array.isArray(each) && each.every(isFailure)) &&
    [tool, model].every((each) => isOptional(each, isCall))
  );
}

function isOptional(value: unknown, is: (value: unknown) => boolean): boolean {
  return value === undefined || is(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) < MAX_DURATION_MS;
}

function isError(value: unknown): boolean {
  return isFields(value) && isText(value['name']) && isText(value['message']);
}

function isFailure(value: unknown): boolean {
  return isFields(value) && isText(value['handler']) && isError(value['error']);
}

function isCall(value: unknown): boolean {
  return isFields(value) && isText(value['name']) && isOptional(value['durationMs'], isDuration);
}
