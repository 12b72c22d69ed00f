import { MissingPeerError } from '@llmgine/core';
import type { Driver } from './database/driver.ts';
import type { CheckedOptions, PersistenceOptions } from './persistence-options.ts';
import { channelOf } from './scheduled-event-queries.ts';

/**
 * Connects to the database of a URL; its package is loaded only now.
 * @throws MissingPeerError, DatabaseError
 */
export async function connect(
  { address, schema }: CheckedOptions,
  { clock, lockTimeoutMs, maxConnections, synchronous }: PersistenceOptions,
  report?: (error: Error) => void,
): Promise<Driver> {
  if (address.dialect === 'sqlite') {
    const { connectSqlite } = await withPeer('better-sqlite3', () => import('./sqlite.ts'));
    return connectSqlite({ file: address.file, synchronous, lockTimeoutMs, clock, report });
  }
  const { connectPostgres } = await withPeer('pg', () => import('./postgres.ts'));
  const { connectionString } = address;
  const channel = channelOf(schema);
  return connectPostgres({ connectionString, channel, maxConnections, lockTimeoutMs, clock });
}

async function withPeer<Module>(
  packageName: 'better-sqlite3' | 'pg',
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (thrown) {
    const { code, message } = thrown as { code?: unknown; message?: string };
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message?.includes(`'${packageName}'`)) throw thrown;
    const protocol = packageName === 'pg' ? 'postgresql:' : 'sqlite:';
    throw new MissingPeerError(packageName, `use ${protocol} URLs`, { cause: thrown });
  }
}
