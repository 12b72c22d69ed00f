import type { Compilable } from 'kysely';
import type { DialectName } from './driver.ts';
import type { QueryBuilder } from './query-builder.ts';

/** What a migration may know. */
export interface MigrationContext {
  readonly builder: QueryBuilder;
  readonly dialect: DialectName;
  readonly schema: string;
}

/** One step forward; there is none back. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  statements(context: MigrationContext): Generator<Compilable>;
}
