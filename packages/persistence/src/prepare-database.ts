import type { Driver } from './database/driver.ts';
import { appliedMigrations, knownVersion, migrate } from './database/migrate.ts';
import type { MigrationContext } from './database/migration.ts';
import { DatabaseSchemaError, NewerDatabaseError } from './errors.ts';

/**
 * Makes sure that the tables are those this program knows, and, if it may, brings them up to date.
 * @throws NewerDatabaseError, DatabaseSchemaError
 */
export async function prepareDatabase(
  driver: Driver,
  context: MigrationContext,
  mayMigrate: boolean,
): Promise<void> {
  const applied = (await appliedMigrations(driver, context)) ?? [];
  const version = applied.at(-1)?.version ?? 0;
  if (version > knownVersion) throw new NewerDatabaseError(version, knownVersion);
  if (version === knownVersion) return;
  if (mayMigrate) {
    await migrate(driver, context);
    return;
  }
  const cause = new Error(
    `The database is at version ${version}, this program needs ${knownVersion}.`,
  );
  throw new DatabaseSchemaError({ cause });
}
