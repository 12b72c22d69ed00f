import {
  createOptionChecker,
  failed,
  succeeded,
  toErrorData,
  upcast,
  type AnyDefinition,
  type AnyMessage,
  type CommandResult,
  type EventMessage,
  type MessageBus,
} from '@llmgine/core';
import type { DeadLetterEntry, DeadLetterFilter } from '@llmgine/core/stores';
import { RateGate, TokenBucket } from '@llmgine/core/timing';
import { DeadLetterNotFoundError, DeadLetterRetryError } from '../errors.ts';
import type { Wiring } from '../wiring.ts';
import { deadLetterId, type DeadLetterQueue } from './dead-letter-queue.ts';
import { retriedEvent } from './retried-event.ts';

/** How to retry one dead letter. */
export interface DeadLetterRetryOptions {
  /**
   * Sends an edited copy with a new id instead; the entry is kept as resolved when that succeeds.
   * @default the data it had
   */
  readonly data?: unknown;
}

/** How to retry many. */
export interface DeadLetterBulkRetryOptions {
  /**
   * How many begin per second. They do not wait for each other.
   * @default 10
   */
  readonly ratePerSecond?: number | undefined;
  /** No further one begins. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of many. */
export interface DeadLetterBulkRetryReport {
  readonly succeeded: number;
  /** Back among the waiting, with their history. */
  readonly failed: number;
  /** Were gone or being retried when their turn came, or may not be retried. */
  readonly skipped: number;
}

/** What retrying needs of the bus. */
export interface DeadLetterBus extends Pick<MessageBus, 'execute' | 'publish' | 'getDefinition'> {
  /** Its event handlers are retried, so an event can be sent to one of them. */
  readonly retriesEvents: boolean;
}

/** A claim that nobody settles lapses after so long; a process that died must not hold entries for ever. */
const LEASE_MS = 15 * 60_000;

/** Sends dead letters again. */
export class DeadLetterRetry {
  readonly #letters: DeadLetterQueue;
  readonly #bus: DeadLetterBus;
  readonly #wiring: Wiring;

  constructor(letters: DeadLetterQueue, bus: DeadLetterBus, wiring: Wiring) {
    this.#letters = letters;
    this.#bus = bus;
    this.#wiring = wiring;
  }

  /** @throws InvalidOptionsError, DeadLetterNotFoundError, DeadLetterRetryError, InvalidMessageError, BusStoppedError */
  async one(id: string, options: DeadLetterRetryOptions = {}): Promise<CommandResult> {
    checkRetryOptions(options);
    const entry = await this.#claim(id);
    const { store } = this.#letters;
    const edited = options.data !== undefined;
    try {
      const message = edited ? this.#editedCopy(entry, options.data) : this.#asItWas(entry);
      using retrying = this.#letters.retryingAs(deadLetterId(message, entry.handler));
      const result = await this.#send(message, entry);
      if (result.success) await store.settle(id, edited ? 'resolved' : 'removed');
      else await store.settle(id, this.#withHistory(entry, result.error, retrying));
      if (edited) await this.#letters.evictOverflow('resolved');
      if (result.success) await this.#letters.reportChange();
      return result;
    } catch (refused) {
      await store.settle(id, { ...entry, status: 'waiting' });
      throw refused;
    }
  }

  /** @throws InvalidOptionsError */
  async many(
    filter: DeadLetterFilter = {},
    options: DeadLetterBulkRetryOptions = {},
  ): Promise<DeadLetterBulkRetryReport> {
    checkBulkRetryOptions(options);
    const { ratePerSecond = 10, signal } = options;

    const report = { succeeded: 0, failed: 0, skipped: 0 };
    const { clock } = this.#wiring;
    const bucket = new TokenBucket({ ratePerSecond, burst: 1, clock });
    const gate = new RateGate([bucket], clock);
    const running: Promise<void>[] = [];
    for (const { id } of await this.#letters.list({ ...filter, status: 'waiting' })) {
      if (!(await gate.enter([1], signal))) break;
      running.push(this.#oneOfMany(id, report));
    }
    await Promise.all(running);
    return report;
  }

  /** @throws DeadLetterNotFoundError, DeadLetterRetryError */
  async #claim(id: string): Promise<DeadLetterEntry> {
    const { store } = this.#letters;
    const entry = this.#letters.isRetrying(id) ? undefined : await store.claim(id, LEASE_MS);
    if (entry) return entry;
    const claimed = await store.list({ status: 'claimed' });
    if (!this.#letters.isRetrying(id) && !claimed.some((each) => each.id === id)) {
      throw new DeadLetterNotFoundError(id);
    }
    throw new DeadLetterRetryError(id, 'it is being retried already. See what becomes of that.');
  }

  async #oneOfMany(
    id: string,
    report: { succeeded: number; failed: number; skipped: number },
  ): Promise<void> {
    try {
      const { success } = await this.one(id);
      report[success ? 'succeeded' : 'failed']++;
    } catch {
      report.skipped++;
    }
  }

  /**
   * Stored data of an older version is raised to the one known here.
   * @throws DeadLetterRetryError, NewerMessageVersionError, InvalidMessageError
   */
  #asItWas({ id, message }: DeadLetterEntry): AnyMessage {
    const definition = this.#bus.getDefinition(message.type);
    if (definition?.kind === 'command' && !definition.retry) {
      const problem = `its definition says retry: false. Check what it has done already, then send a new command with { data }.`;
      throw new DeadLetterRetryError(id, problem);
    }
    return definition ? upcast(message, definition) : message;
  }

  /** @throws DeadLetterRetryError, InvalidMessageError */
  #editedCopy({ id, message }: DeadLetterEntry, data: unknown): AnyMessage {
    const definition: AnyDefinition | undefined = this.#bus.getDefinition(message.type);
    if (!definition) {
      const problem = `nothing here knows '${message.type}', so its data cannot be checked. Register its handler, or name it in the option messages.`;
      throw new DeadLetterRetryError(id, problem);
    }
    const { sessionId, correlationId, metadata } = message;
    const create = definition as (data: unknown, options: object) => AnyMessage;
    return { ...create(data, { sessionId, correlationId, metadata }), causationId: message.id };
  }

  #send(message: AnyMessage, { id, handler }: DeadLetterEntry): Promise<CommandResult> {
    if (message.kind === 'command') return this.#bus.execute(message);
    if (this.#bus.retriesEvents) return this.#sendToHandler(message, handler ?? '');
    const problem = 'this bus does not retry event handlers. Create it with events: { retry: {} }.';
    throw new DeadLetterRetryError(id, problem);
  }

  async #sendToHandler(message: EventMessage, handler: string): Promise<CommandResult> {
    const { id } = message;
    const receipt = await this.#bus.publish(retriedEvent(message, handler));
    if (receipt.status !== 'processed') {
      return failed(new DeadLetterRetryError(id, `the event was ${receipt.status}.`), id);
    }
    const failure = receipt.failures.find((each) => each.handler === handler);
    return failure ? failed(failure.error, id) : succeeded(undefined, id);
  }

  #withHistory(
    entry: DeadLetterEntry,
    error: Error,
    { failure }: ReturnType<DeadLetterQueue['retryingAs']>,
  ): DeadLetterEntry {
    return {
      ...entry,
      status: 'waiting',
      error: toErrorData(failure?.error ?? error),
      attempts: entry.attempts + (failure?.attempts ?? 0),
      lastAttemptAt: this.#wiring.clock.now(),
      reason: failure?.reason ?? entry.reason,
      redrives: entry.redrives + 1,
    };
  }
}

/** @throws InvalidOptionsError */
function checkRetryOptions(given: DeadLetterRetryOptions): void {
  const check = createOptionChecker('retry dead letter');
  check.options<DeadLetterRetryOptions>(given, { data: true });
  check.done();
}

/** @throws InvalidOptionsError */
function checkBulkRetryOptions(given: DeadLetterBulkRetryOptions): void {
  const check = createOptionChecker('retry dead letters');
  const names = { ratePerSecond: true, signal: true } as const;
  const { ratePerSecond } = check.options<DeadLetterBulkRetryOptions>(given, names);
  check.number('ratePerSecond', ratePerSecond, { above: 0 });
  check.done();
}
