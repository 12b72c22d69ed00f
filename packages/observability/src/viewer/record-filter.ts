import { isAtLeast, type LogLevel } from '../records/log-level.ts';
import type { LogRecord } from '../records/log-record.ts';
import { shortId } from '../records/short-id.ts';

/** Which records to show. Everything given must match. */
export interface RecordFilter {
  readonly session?: string | undefined;
  readonly correlation?: string | undefined;
  /** A message type, where `*` stands for anything. */
  readonly type?: string | undefined;
  readonly level?: LogLevel | undefined;
  /** Epoch milliseconds. */
  readonly since?: number | undefined;
  /** Epoch milliseconds. */
  readonly until?: number | undefined;
}

/** Makes the test of a filter. */
export function matcherOf(filter: RecordFilter): (record: LogRecord) => boolean {
  const { session, correlation, type, level, since = -Infinity, until = Infinity } = filter;
  const typePattern = type === undefined ? undefined : patternOf(type);
  return (record) => {
    const at = Date.parse(record.time);
    return (
      at >= since &&
      at <= until &&
      (level === undefined || isAtLeast(record.level, level)) &&
      (session === undefined || record.session?.startsWith(session) === true) &&
      (correlation === undefined || isPieceOf(correlation, record.correlation)) &&
      (typePattern === undefined || typePattern.test(record.type ?? ''))
    );
  };
}

function isPieceOf(piece: string, id: string | undefined): boolean {
  return id !== undefined && (id.includes(piece) || shortId(id) === piece);
}

function patternOf(glob: string): RegExp {
  const literal = glob
    .split('*')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${literal.join('.*')}$`);
}
