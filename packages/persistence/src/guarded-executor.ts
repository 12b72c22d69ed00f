import { AsyncLocalStorage } from 'node:async_hooks';
import { sleep, type Clock } from '@llmgine/core/timing';
import type { Executor } from './database/driver.ts';
import {
  DatabaseClosedError,
  DatabaseFullError,
  DatabaseLockedError,
  DatabaseUnreachableError,
  StoreInTransactionError,
  type DatabaseError,
} from './errors.ts';
import type { OnStoreFailure } from './event-log-options.ts';

/** Knows whether the code that runs belongs to an open transaction. */
export class TransactionScope {
  readonly #storage = new AsyncLocalStorage<{ open: boolean }>();

  /** Runs work as part of a transaction; what it leaves behind is part no longer once it has settled. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const scope = { open: true };
    try {
      return await this.#storage.run(scope, work);
    } finally {
      scope.open = false;
    }
  }

  /** @throws StoreInTransactionError */
  refuse(operation: string): void {
    if (this.#storage.getStore()?.open) throw new StoreInTransactionError(operation);
  }
}

/** How failures are met. */
export interface GuardOptions {
  readonly scope: TransactionScope;
  readonly clock: Clock;
  readonly onStoreFailure: OnStoreFailure;
  readonly waitMs: number;
  /** Aborts when persistence is closed. */
  readonly closed: AbortSignal;
}

const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 500;

/** Refuses calls inside a transaction and after closing, and waits for the database to come back. */
export function guardExecutor(
  executor: Executor,
  { scope, clock, onStoreFailure, waitMs, closed }: GuardOptions,
): Executor {
  return {
    run: (statement) => guarded('write', { repeatable: true }, () => executor.run(statement)),
    runOnce: (statement) => guarded('write', {}, () => executor.runOnce(statement)),
    transact: (work) => guarded('write', {}, () => executor.transact(work)),
    read: (statement) => guarded('read', { repeatable: true }, () => executor.read(statement)),
  };

  async function guarded<Result>(
    operation: string,
    { repeatable = false }: { readonly repeatable?: boolean },
    work: () => Promise<Result>,
  ): Promise<Result> {
    scope.refuse(`A ${operation} of a store`);
    const deadline = clock.monotonic() + (onStoreFailure === 'stop' ? waitMs : 0);
    for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(delayMs * 2, LAST_RETRY_MS)) {
      if (closed.aborted) throw new DatabaseClosedError();
      try {
        return await work();
      } catch (thrown) {
        if (!mayPass(thrown) || clock.monotonic() >= deadline) throw thrown;
        // What may have been done must not be done again.
        if (thrown.outcome === 'unknown' && !repeatable) throw thrown;
      }
      await sleep(delayMs, { clock, signal: closed });
    }
  }
}

/** What else fails will fail again. */
function mayPass(thrown: unknown): thrown is DatabaseError {
  return (
    thrown instanceof DatabaseLockedError ||
    thrown instanceof DatabaseFullError ||
    thrown instanceof DatabaseUnreachableError
  );
}
