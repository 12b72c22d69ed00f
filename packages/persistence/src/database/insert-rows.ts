import type { Compilable, InsertQueryBuilder, InsertResult } from 'kysely';
import type { DialectName } from './driver.ts';
import type { QueryBuilder } from './query-builder.ts';
import type { Statement } from './statement.ts';
import type { Tables } from './tables.ts';

/** What is inserted, and how. */
export interface InsertRowsOptions {
  readonly builder: QueryBuilder;
  readonly dialect: DialectName;
  readonly table: keyof Tables;
  readonly columns: readonly string[];
  /** Adds to the insert, e.g. what happens on a conflict. */
  readonly finish?: (query: AnyInsert) => Compilable;
}

type AnyInsert = InsertQueryBuilder<Tables, keyof Tables, InsertResult>;

/** Values of one row, in the order of the columns. */
export type RowValues = readonly unknown[];

/** Gives the statements that insert rows. */
export type RowInserter = (rows: readonly RowValues[]) => Iterable<Statement>;

/** The most rows of one statement on PostgreSQL, where a round trip costs more than a row. */
const MOST_ROWS = 1_024;
/** Rows of one statement on SQLite: a call costs a quarter of a row, but long statements cost as much to read. */
const GROUP_ROWS = 8;

/** Makes the statements that insert any number of rows; few different ones, so that they can be prepared. */
export function createRowInserter(options: InsertRowsOptions): RowInserter {
  const texts = new Map<number, string>();

  return options.dialect === 'sqlite' ? inGroups : inSizes;

  function* inGroups(rows: readonly RowValues[]): Generator<Statement> {
    const grouped = rows.length - (rows.length % GROUP_ROWS);
    const each: RowValues[] = [];
    for (let from = 0; from < grouped; from += GROUP_ROWS) {
      each.push(rows.slice(from, from + GROUP_ROWS).flat());
    }
    if (grouped > 0) {
      yield { sql: textFor(GROUP_ROWS), parameters: [], each, rowsEach: GROUP_ROWS };
    }
    if (grouped < rows.length) yield { sql: textFor(1), parameters: [], each: rows.slice(grouped) };
  }

  function* inSizes(rows: readonly RowValues[]): Generator<Statement> {
    let size = MOST_ROWS;
    for (let from = 0; from < rows.length; from += size) {
      while (size > rows.length - from) size /= 2;
      const parameters = rows.slice(from, from + size).flat();
      yield { sql: textFor(size), parameters, isFrequent: true };
    }
  }

  function textFor(size: number): string {
    let text = texts.get(size);
    if (text === undefined) {
      text = compile(size, options);
      texts.set(size, text);
    }
    return text;
  }
}

function compile(size: number, { builder, table, columns, finish }: InsertRowsOptions): string {
  const row = Object.fromEntries(columns.map((column) => [column, '']));
  const rows = Array.from({ length: size }, () => row);
  const query: AnyInsert = builder.insertInto(table).values(rows);
  return (finish?.(query) ?? query).compile().sql;
}
