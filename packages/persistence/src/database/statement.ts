import type { Compilable } from 'kysely';

/** One statement, ready for a driver. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** The same text comes often: worth keeping prepared. */
  readonly isFrequent?: boolean;
  /** SQLite only: runs once for each of these lists of parameters, each of which is to change `rowsEach` rows. */
  readonly each?: readonly (readonly unknown[])[];
  readonly rowsEach?: number;
}

/** A row as the driver gives it. */
export type Row = Readonly<Record<string, unknown>>;

/** What a statement did. */
export interface StatementOutcome {
  readonly rows: readonly Row[];
  /** How many rows were written or removed. */
  readonly changes: number;
  /** Of a statement with `each`: which of the lists changed fewer rows than they should. */
  readonly fellShort?: readonly number[];
}

/**
 * Steps that belong together: yields statements, gets their outcomes. A generator, so that one text runs without a
 * pause on SQLite, where the event loop is the price, and asynchronously on PostgreSQL.
 */
export type Work<Result> = Generator<Statement, Result, StatementOutcome>;

class Slot {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Stands for a value, of whatever type, that is filled in when a prepared statement is used. */
export function slot(name: string): never {
  return new Slot(name) as never;
}

/** Compiles a query once; the result fills in its slots. */
export function prepare(query: Compilable): (values: object) => Statement {
  const { sql, parameters } = query.compile();
  const names = parameters.map((parameter) =>
    parameter instanceof Slot ? parameter.name : undefined,
  );

  return (values) => ({
    sql,
    isFrequent: true,
    parameters: names.map((name, index) =>
      name === undefined ? parameters[index] : (values as Record<string, unknown>)[name],
    ),
  });
}

/** Compiles a query that is used once. */
export function statementOf(query: Compilable): Statement {
  const { sql, parameters } = query.compile();
  return { sql, parameters };
}
