// Persistence on PostgreSQL; needs the package pg.
export { connectPostgres, type PostgresOptions } from './postgres/connect-postgres.ts';
