import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeDirectory } from './make-directory.ts';

/** Another process works on the session. */
class SessionInUseError extends Error {
  override readonly name = 'SessionInUseError';

  constructor(sessionId: string) {
    super(
      `The session '${sessionId}' is in use by another llmgine-chat. Wait until it ends, or use another name.`,
    );
  }
}

/** SQLite's code for a lock that another process holds. */
const SQLITE_BUSY = 5;

/**
 * Keeps a session to this process until disposed: two would write into one conversation and finish each other's runs.
 * The operating system holds the lock on an empty file, so that it ends with the process, however that ends, and holds
 * between containers that share the directory. Node gives files no locks of their own; SQLite's are the same.
 * @throws SessionInUseError
 */
export function lockSession(sessionId: string, file: string): Disposable {
  makeDirectory(dirname(file));
  closeSync(openSync(file, 'w', 0o600)); // empty, and a plain word where it cannot be made
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE');
  } catch (thrown) {
    database.close();
    const isBusy = (thrown as { errcode?: unknown }).errcode === SQLITE_BUSY;
    throw isBusy ? new SessionInUseError(sessionId) : thrown;
  }
  return {
    [Symbol.dispose]() {
      if (database.isOpen) database.close();
    },
  };
}
