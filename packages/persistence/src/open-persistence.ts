import { createSignalHub, type MessageBusOptions, type SignalHub } from '@llmgine/core';
import type { DeadLetterStore, ScheduledEventStore, StreamStore } from '@llmgine/core/stores';
import { systemClock, type Clock } from '@llmgine/core/timing';
import { connect } from './connect.ts';
import { createDeadLetterStore } from './dead-letter-store.ts';
import type { Driver, Durability } from './database/driver.ts';
import { createQueryBuilder } from './database/query-builder.ts';
import { prepareDatabase } from './prepare-database.ts';
import { createEventLog, type DatabaseEventLog } from './event-log.ts';
import { guardExecutor, TransactionScope } from './guarded-executor.ts';
import { optionsFromEnv } from './options-from-env.ts';
import {
  checkOptions,
  type CheckedOptions,
  type PersistenceOptions,
} from './persistence-options.ts';
import { createScheduledEventStore } from './scheduled-event-store.ts';
import type { StoreContext } from './store-context.ts';
import { createStreamStore } from './stream-store.ts';
import { createTransactions, type StoreTransaction } from './store-transaction.ts';

/** Stores on a database. */
export interface Persistence extends AsyncDisposable {
  readonly scheduledEvents: ScheduledEventStore;
  readonly eventLog: DatabaseEventLog;
  readonly deadLetters: DeadLetterStore;
  readonly streams: StreamStore;
  /** What an awaited write survives. */
  readonly durability: Durability;
  /** What `createMessageBus` needs to hold future events here, and, with `persistEvents`, to log events. */
  busOptions(): Pick<MessageBusOptions, 'scheduledEvents' | 'eventLog' | 'signals'>;
  /**
   * Writes rows of the caller's own together with ours: all of it or nothing. Inside, only `transaction` may write.
   * @throws StoreInTransactionError inside another transaction
   */
  transaction<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result>;
  /**
   * Writes what is buffered, waits for transactions, and closes the database. Closing twice is fine.
   * @throws StoreInTransactionError inside a transaction, which it would wait for
   */
  close(): Promise<void>;
}

const DEFAULT_WAIT_MS = 30_000;
const DEFAULT_MAX_MESSAGE_BYTES = 1_048_576;

/**
 * Opens the stores of a database, and brings its tables up to date. What is not given comes from the environment
 * (`LLMGINE_DB_URL`, `LLMGINE_DB_SCHEMA`, `LLMGINE_PERSIST_EVENTS`).
 * @throws InvalidOptionsError, UnsupportedDatabaseUrlError, MissingPeerError, NewerDatabaseError, DatabaseError
 */
export async function openPersistence(given: PersistenceOptions = {}): Promise<Persistence> {
  const options = { ...optionsFromEnv(), ...defined(given) };
  const checked = checkOptions(options);
  const { clock = systemClock, signals = createSignalHub({ clock }) } = options;
  const driver = await connect(checked, options, (error) =>
    signals.emit({
      type: 'store.failed',
      at: clock.now(),
      store: 'database',
      operation: 'checkpoint',
      error,
    }),
  );
  const context = contextOf(driver, checked, options);
  try {
    await prepareDatabase(driver, context, options.migrate ?? true);
  } catch (thrown) {
    await driver.close();
    throw thrown;
  }
  return assemble(driver, context, { ...options, clock, signals });
}

/** An option that is given as undefined does not hide the environment's. */
function defined(options: PersistenceOptions): PersistenceOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function contextOf(
  driver: Driver,
  { schema }: CheckedOptions,
  { maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES }: PersistenceOptions,
): StoreContext {
  const { dialect } = driver;
  const builder = createQueryBuilder(dialect, schema);
  return { executor: driver, builder, dialect, schema, maxMessageBytes };
}

type AssembledOptions = PersistenceOptions & {
  readonly clock: Clock;
  readonly signals: SignalHub;
};

function assemble(driver: Driver, context: StoreContext, options: AssembledOptions): Persistence {
  const { clock, signals, onStoreFailure = 'degrade', waitMs = DEFAULT_WAIT_MS } = options;
  const scope = new TransactionScope();
  const closing = new AbortController();
  const patience = { scope, clock, onStoreFailure, waitMs, closed: closing.signal };
  const guarded = { ...context, executor: guardExecutor(driver, patience) };
  const onOtherWrites = (wake: () => void): Disposable => driver.onOtherWrites(wake);
  const scheduledEvents = createScheduledEventStore(guarded, { onOtherWrites });
  const eventLog = createEventLog(options.eventLog ?? {}, {
    // The log has its own patience, and reports by itself.
    context,
    clock,
    onStoreFailure,
    waitMs,
    guard: () => scope.refuse('Logging an event'),
    report: (operation, error) =>
      signals.emit({ type: 'store.failed', at: clock.now(), store: 'event-log', operation, error }),
  });
  const transactions = createTransactions({
    driver,
    context,
    scope,
    redact: options.eventLog?.redact,
    committed: () => scheduledEvents.wake(),
  });
  const logging = options.persistEvents ? { eventLog } : {};
  const closeOnce = once(async () => {
    await eventLog.close();
    closing.abort();
    await driver.close();
  });
  const close = async (): Promise<void> => {
    scope.refuse('Closing');
    await closeOnce();
  };

  return {
    scheduledEvents,
    eventLog,
    deadLetters: createDeadLetterStore(guarded),
    streams: createStreamStore(guarded),
    durability: driver.durability,
    busOptions: () => ({ scheduledEvents, signals, ...logging }),
    transaction: (work) => transactions.run(work),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
