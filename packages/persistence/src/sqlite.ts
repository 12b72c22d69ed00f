// Persistence on an SQLite file; needs the package better-sqlite3.
export {
  connectSqlite,
  type SqliteOptions,
  type SqliteSynchronous,
} from './sqlite/connect-sqlite.ts';
