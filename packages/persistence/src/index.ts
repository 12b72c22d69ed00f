export type { Durability } from './database/driver.ts';
export {
  DatabaseAccessDeniedError,
  DatabaseClosedError,
  DatabaseCorruptError,
  DatabaseError,
  DatabaseFailedError,
  DatabaseFullError,
  DatabaseLockedError,
  DatabaseReadOnlyError,
  DatabaseSchemaError,
  DatabaseUnreachableError,
  EventsNotLoggedError,
  MessageTooLargeError,
  NewerDatabaseError,
  StoreInTransactionError,
  UnsupportedDatabaseUrlError,
  type DatabaseErrorOptions,
  type FailedOutcome,
} from './errors.ts';
export type { EventLogOptions, OnStoreFailure } from './event-log-options.ts';
export type { DatabaseEventLog } from './event-log.ts';
export { openPersistence, type Persistence } from './open-persistence.ts';
export { optionsFromEnv } from './options-from-env.ts';
export type { PersistenceOptions } from './persistence-options.ts';
export { isReplayed, replayEvents, type ReplayOptions } from './replay-events.ts';
export type { StoreTransaction } from './store-transaction.ts';
export {
  getAndDeleteUnfinishedEvents,
  persistEvent,
  saveUnfinishedEvents,
} from './unfinished-events.ts';
