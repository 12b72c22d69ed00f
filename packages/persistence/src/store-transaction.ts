import type {
  DeadLetterStore,
  EventLog,
  ScheduledEventStore,
  StreamStore,
} from '@llmgine/core/stores';
import type { Redactor } from '@llmgine/core/redaction';
import type { Kysely } from 'kysely';
import type { Driver, Executor, OpenTransaction } from './database/driver.ts';
import { createRowInserter } from './database/insert-rows.ts';
import { createDeadLetterStore } from './dead-letter-store.ts';
import { DatabaseClosedError } from './errors.ts';
import type { TransactionScope } from './guarded-executor.ts';
import { createScheduledEventStore } from './scheduled-event-store.ts';
import { storedText, type StoreContext } from './store-context.ts';
import { createStreamStore } from './stream-store.ts';

/** The stores of one transaction, and the connection it is open on. */
export interface StoreTransaction {
  /** For rows of your own, beside ours. */
  readonly database: Kysely<Record<string, Record<string, unknown>>>;
  readonly scheduledEvents: ScheduledEventStore;
  readonly eventLog: EventLog;
  readonly deadLetters: DeadLetterStore;
  readonly streams: StreamStore;
}

/** What transactions are made of. */
export interface TransactionParts {
  readonly driver: Driver;
  readonly context: StoreContext;
  readonly scope: TransactionScope;
  /** Applied to what is logged. */
  readonly redact?: Redactor | undefined;
  /** Called when one has been committed. */
  readonly committed: () => void;
}

/** Runs transactions. */
export interface Transactions {
  run<Result>(work: (transaction: StoreTransaction) => Promise<Result>): Promise<Result>;
}

/** Makes what runs transactions. */
export function createTransactions(parts: TransactionParts): Transactions {
  const { driver, context, scope, redact, committed } = parts;
  return {
    async run(work) {
      scope.refuse('A transaction');
      const result = await driver.transaction(async (open) => {
        const turns = new TransactionTurns(open.executor);
        try {
          return await scope.run(() =>
            work(storesOf(open, { ...context, executor: turns }, redact)),
          );
        } finally {
          turns.end();
        }
      });
      committed();
      return result;
    },
  };
}

function storesOf(
  { database }: OpenTransaction,
  context: StoreContext,
  redact?: Redactor,
): StoreTransaction {
  return {
    database: database as StoreTransaction['database'],
    scheduledEvents: createScheduledEventStore(context),
    eventLog: createDirectEventLog(context, redact),
    deadLetters: createDeadLetterStore(context),
    streams: createStreamStore(context),
  };
}

/** Inside a transaction nothing is buffered: the row is there when the append resolves. */
function createDirectEventLog(context: StoreContext, redact?: Redactor): EventLog {
  const insertRows = createRowInserter({
    ...context,
    table: 'event_log',
    columns: ['created_at', 'session_id', 'type', 'correlation_id', 'message'],
  });
  return {
    async append(event) {
      const { type, createdAt, sessionId, correlationId } = event;
      const kept = redact ? redact(event) : event;
      const text = storedText(`Event '${type}'`, kept, context.maxMessageBytes);
      const row = [Math.floor(createdAt), sessionId, type, correlationId, text];
      for (const insert of insertRows([row])) await context.executor.run(insert);
    },
    flush: () => Promise.resolve(),
  };
}

/** One step at a time on the one connection, and none after the end. */
class TransactionTurns implements Executor {
  readonly #executor: Executor;
  #last: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  run: Executor['run'] = (statement) => this.#inTurn(() => this.#executor.run(statement));
  runOnce = this.run;
  read: Executor['read'] = (statement) => this.#inTurn(() => this.#executor.read(statement));
  transact: Executor['transact'] = (work) => this.#inTurn(() => this.#executor.transact(work));

  end(): void {
    this.#ended = true;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(() => {
      if (this.#ended)
        throw new DatabaseClosedError('The transaction has ended; await what it does.');
      return work();
    });
    this.#last = done.catch(() => {}); // the caller has it
    return done;
  }
}
