import { LlmgineError } from '@llmgine/core';

/** A database URL is of a kind that persistence does not know. Carries the protocol only, never the URL with its password. */
export class UnsupportedDatabaseUrlError extends LlmgineError {
  override readonly name = 'UnsupportedDatabaseUrlError';
  readonly code = 'LLMGINE_UNSUPPORTED_DATABASE_URL';
  readonly protocol: string;

  constructor(protocol: string, problem = `has protocol '${protocol}'`) {
    super(
      `The database URL ${problem}. Use sqlite:///path/to/file.db, sqlite:///:memory: or postgresql://user@host/database.`,
    );
    this.protocol = protocol;
  }
}

/** The database was migrated by a newer program. */
export class NewerDatabaseError extends LlmgineError {
  override readonly name = 'NewerDatabaseError';
  readonly code = 'LLMGINE_NEWER_DATABASE';
  readonly databaseVersion: number;
  readonly knownVersion: number;

  constructor(databaseVersion: number, knownVersion: number) {
    super(
      `The database is at version ${databaseVersion}, but this program knows versions up to ${knownVersion}. Update the program; the database was left as it is.`,
    );
    this.databaseVersion = databaseVersion;
    this.knownVersion = knownVersion;
  }
}

/** A store was called, or an event that would be stored was published, inside a transaction without going through it. */
export class StoreInTransactionError extends LlmgineError {
  override readonly name = 'StoreInTransactionError';
  readonly code = 'LLMGINE_STORE_IN_TRANSACTION';

  constructor(operation: string) {
    super(
      `${operation} inside a transaction would wait for that transaction. Use the stores of the transaction, or do it afterwards.`,
    );
  }
}

/** A message or record is larger than the store takes. */
export class MessageTooLargeError extends LlmgineError {
  override readonly name = 'MessageTooLargeError';
  readonly code = 'LLMGINE_MESSAGE_TOO_LARGE';
  readonly bytes: number;
  readonly maxBytes: number;

  constructor(what: string, bytes: number, maxBytes: number) {
    super(
      `${what} has ${bytes} bytes as JSON, more than the ${maxBytes} allowed. Store large content elsewhere and send a reference, or raise maxMessageBytes.`,
    );
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }
}

/** Events were handled but not logged, because the log's buffer was full while the database failed. */
export class EventsNotLoggedError extends LlmgineError {
  override readonly name = 'EventsNotLoggedError';
  readonly code = 'LLMGINE_EVENTS_NOT_LOGGED';
  /** How many since the last report. */
  readonly count: number;

  constructor(count: number, options?: ErrorOptions) {
    super(
      `${count} events were not logged: the buffer was full while the database failed. Mend the database, or choose onStoreFailure: 'stop' to make publishers wait instead.`,
      options,
    );
    this.count = count;
  }
}

/** Whether what failed may have been done all the same. */
export type FailedOutcome = 'not-done' | 'unknown';

/** A database failed to do what a store asked; the driver's own error is the `cause`. */
export abstract class DatabaseError extends LlmgineError {
  readonly outcome: FailedOutcome;

  constructor(message: string, { outcome = 'not-done', cause }: DatabaseErrorOptions = {}) {
    super(message, { cause });
    this.outcome = outcome;
  }
}

/** What a database error knows besides its kind. */
export interface DatabaseErrorOptions {
  readonly outcome?: FailedOutcome;
  readonly cause?: unknown;
}

/** Another process keeps the database locked. */
export class DatabaseLockedError extends DatabaseError {
  override readonly name = 'DatabaseLockedError';
  readonly code = 'LLMGINE_DATABASE_LOCKED';

  constructor(options?: DatabaseErrorOptions) {
    super(
      'The database is locked by another process. Let it finish, or raise lockTimeoutMs.',
      options,
    );
  }
}

/** There is no room left where the database is kept. */
export class DatabaseFullError extends DatabaseError {
  override readonly name = 'DatabaseFullError';
  readonly code = 'LLMGINE_DATABASE_FULL';

  constructor(options?: DatabaseErrorOptions) {
    super(
      'The disk that holds the database is full. Free space; nothing of this write was kept.',
      options,
    );
  }
}

/** The database may not be written. */
export class DatabaseReadOnlyError extends DatabaseError {
  override readonly name = 'DatabaseReadOnlyError';
  readonly code = 'LLMGINE_DATABASE_READ_ONLY';

  constructor(options?: DatabaseErrorOptions) {
    super(
      'The database is read-only. Check the permissions of its file and folder, or the server.',
      options,
    );
  }
}

/** The database is damaged, or no database at all. */
export class DatabaseCorruptError extends DatabaseError {
  override readonly name = 'DatabaseCorruptError';
  readonly code = 'LLMGINE_DATABASE_CORRUPT';

  constructor(options?: DatabaseErrorOptions) {
    super(
      "The database is damaged or its file is no database. Keep a copy, run 'llmgine-db doctor', and restore a backup.",
      options,
    );
  }
}

/** The database cannot be reached. */
export class DatabaseUnreachableError extends DatabaseError {
  override readonly name = 'DatabaseUnreachableError';
  readonly code = 'LLMGINE_DATABASE_UNREACHABLE';

  constructor(options?: DatabaseErrorOptions) {
    super(
      'The database cannot be reached. Check that its server runs or its folder exists.',
      options,
    );
  }
}

/** The database refuses this user. */
export class DatabaseAccessDeniedError extends DatabaseError {
  override readonly name = 'DatabaseAccessDeniedError';
  readonly code = 'LLMGINE_DATABASE_ACCESS_DENIED';

  constructor(options?: DatabaseErrorOptions) {
    super(
      'The database refuses the user or password, or the user lacks a right. Check the URL.',
      options,
    );
  }
}

/** A table or column that should be there is not. */
export class DatabaseSchemaError extends DatabaseError {
  override readonly name = 'DatabaseSchemaError';
  readonly code = 'LLMGINE_DATABASE_SCHEMA';

  constructor(options?: DatabaseErrorOptions) {
    super(
      "A table of the database is missing or changed. Run 'llmgine-db status', then 'llmgine-db migrate'.",
      options,
    );
  }
}

/** The database was closed, or the transaction has ended. */
export class DatabaseClosedError extends DatabaseError {
  override readonly name = 'DatabaseClosedError';
  readonly code = 'LLMGINE_DATABASE_CLOSED';

  constructor(problem = 'The persistence was closed. Open it again with openPersistence().') {
    super(problem);
  }
}

/** The database failed in a way of its own; `cause` says how. */
export class DatabaseFailedError extends DatabaseError {
  override readonly name = 'DatabaseFailedError';
  readonly code = 'LLMGINE_DATABASE_FAILED';

  constructor(options: DatabaseErrorOptions) {
    const reason = options.cause instanceof Error ? options.cause.message : String(options.cause);
    super(`The database failed: ${reason}`, options);
  }
}
