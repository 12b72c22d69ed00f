import { sql, type RawBuilder } from 'kysely';
import type { DialectName } from './driver.ts';

/**
 * The store's clock as an expression, epoch milliseconds: PostgreSQL's own, and for SQLite that of the machine, which
 * all processes on the file share.
 */
export function nowMs(dialect: DialectName): RawBuilder<number> {
  // statement_timestamp() stands still during a statement, so that an index can be searched by it.
  return dialect === 'sqlite'
    ? sql<number>`cast(unixepoch('subsec') * 1000 as integer)`
    : sql<number>`(extract(epoch from statement_timestamp()) * 1000)::bigint`;
}

/** The longest a lease can last: the largest whole number that JavaScript holds. */
export const FOREVER: number = Number.MAX_SAFE_INTEGER;
