import {
  DummyDriver,
  IdentifierNode,
  Kysely,
  OperationNodeTransformer,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Dialect,
  type KyselyPlugin,
  type SchemableIdentifierNode,
} from 'kysely';
import type { DialectName } from './driver.ts';
import { tableNames, type Tables } from './tables.ts';

/** Builds the queries of our tables for one database; it runs none. */
export type QueryBuilder = Kysely<Tables>;

/** Makes a builder that puts the schema (on SQLite: the prefix) before the names of our tables. */
export function createQueryBuilder(dialect: DialectName, schema: string): QueryBuilder {
  const name = new TableNaming(dialect, schema);
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => name.transformNode(node),
    transformResult: async ({ result }) => result,
  };
  return new Kysely<Tables>({ dialect: compilingDialects[dialect], plugins: [plugin] });
}

/** The name of an index. Indexes of PostgreSQL live in the schema of their table. */
export function indexName(dialect: DialectName, schema: string, name: string): string {
  return dialect === 'sqlite' ? `${schema}_${name}` : name;
}

const compilingDialects: Readonly<Record<DialectName, Dialect>> = {
  sqlite: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
  postgres: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
};

class TableNaming extends OperationNodeTransformer {
  readonly #dialect: DialectName;
  readonly #schema: string;

  constructor(dialect: DialectName, schema: string) {
    super();
    this.#dialect = dialect;
    this.#schema = schema;
  }

  protected override transformSchemableIdentifier(
    node: SchemableIdentifierNode,
  ): SchemableIdentifierNode {
    const table = node.identifier.name;
    if (node.schema || !tableNames.has(table)) return node;
    return this.#dialect === 'sqlite'
      ? { ...node, identifier: IdentifierNode.create(`${this.#schema}_${table}`) }
      : { ...node, schema: IdentifierNode.create(this.#schema) };
  }
}
