import type { LogRecord } from './log-record.ts';

/** Writes a record as one line of JSON, whatever its data holds. */
export function toLogLine(record: LogRecord): string {
  try {
    return `${JSON.stringify(record, jsonSafe)}\n`;
  } catch (thrown) {
    const { time, level, signal, type, id, session, correlation } = record;
    const unwritable = thrown instanceof Error ? thrown.message : 'unknown';
    return `${JSON.stringify({ time, level, signal, type, id, session, correlation, unwritable })}\n`;
  }
}

function jsonSafe(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value))
    return `[${value.byteLength} bytes]`;
  return value;
}
