import {
  DatabaseCorruptError,
  DatabaseError,
  DatabaseFailedError,
  DatabaseFullError,
  DatabaseLockedError,
  DatabaseReadOnlyError,
  DatabaseSchemaError,
  DatabaseUnreachableError,
} from '../errors.ts';

/** Names what better-sqlite3 threw; errors of our own pass. */
export function namedSqliteError(thrown: unknown): unknown {
  if (thrown instanceof DatabaseError || !(thrown instanceof Error)) return thrown;
  const { code } = thrown as { code?: unknown };
  if (typeof code !== 'string') return thrown;
  const options = { cause: thrown };
  // Not from SQLite, but from syncing its log: what was committed may be there all the same.
  const { syscall } = thrown as { syscall?: unknown };
  if (syscall === 'fdatasync' || syscall === 'open') {
    const unknown = { ...options, outcome: 'unknown' } as const;
    const isFull = /^(ENOSPC|EDQUOT)$/.test(code);
    return isFull ? new DatabaseFullError(unknown) : new DatabaseUnreachableError(unknown);
  }
  if (!code.startsWith('SQLITE_')) return thrown;

  // Extended codes go on after the basic one, e.g. SQLITE_BUSY_SNAPSHOT.
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) return new DatabaseLockedError(options);
  if (/^SQLITE_(FULL|IOERR_WRITE|IOERR_SHMSIZE)/.test(code)) return new DatabaseFullError(options);
  if (code.startsWith('SQLITE_READONLY')) return new DatabaseReadOnlyError(options);
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return new DatabaseCorruptError(options);
  if (/^SQLITE_(CANTOPEN|IOERR)/.test(code)) return new DatabaseUnreachableError(options);
  if (/no such (table|column)/.test(thrown.message)) return new DatabaseSchemaError(options);
  return new DatabaseFailedError(options);
}

/** Somebody else is writing just now. */
export function isBusy(thrown: unknown): boolean {
  const { code } = thrown as { code?: unknown };
  return typeof code === 'string' && code.startsWith('SQLITE_BUSY');
}
