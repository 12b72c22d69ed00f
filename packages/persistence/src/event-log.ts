import { isBusEventType, toError, type EventMessage, type MaybePromise } from '@llmgine/core';
import type { EventLogQuery, LoggedEvent, ReadableEventLog } from '@llmgine/core/stores';
import { sleep, type Clock } from '@llmgine/core/timing';
import { createRowInserter, type RowValues } from './database/insert-rows.ts';
import type { Statement, Work } from './database/statement.ts';
import { DatabaseClosedError, EventsNotLoggedError } from './errors.ts';
import type { EventLogOptions, OnStoreFailure } from './event-log-options.ts';
import { createEventLogReader, type EventLogReader } from './event-log-reader.ts';
import { createEventLogRetention, type EventLogRetention } from './event-log-retention.ts';
import { isReplayed } from './replay-events.ts';
import { storedText, type StoreContext } from './store-context.ts';

/** What a log needs from outside. */
export interface EventLogParts {
  readonly context: StoreContext;
  readonly clock: Clock;
  readonly onStoreFailure: OnStoreFailure;
  /** How long callers wait under `stop`. */
  readonly waitMs: number;
  /** Throws inside a transaction. */
  readonly guard: () => void;
  readonly report: (operation: string, error: Error) => void;
}

/** A log on a database. */
export interface DatabaseEventLog extends ReadableEventLog {
  /** Events accepted and not yet written. */
  readonly buffered: number;
  /** Events that could not be logged since the log was opened. */
  readonly notLogged: number;
  /** Removes what is older, or more, than is to be kept; resolves to how many events that were. */
  prune(): Promise<number>;
  /** Writes what is buffered, if the database lets it, and stops. */
  close(): Promise<void>;
}

/** The most rows of one transaction. */
const MOST_ROWS = { sqlite: 2_048, postgres: 1_024 } as const;
/** Rows whose texts are made and written at once; on SQLite between looks at the clock, on PostgreSQL a statement. */
const STEP_ROWS = { sqlite: 64, postgres: 1_024 } as const;
/** As many buffered events are written without waiting for more. */
const ENOUGH_ROWS = 128;
const PRUNE_EVERY_ROWS = 1_000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1_000;

interface Waiting {
  /** What must be written before it resolves, counted from the first event on. */
  readonly until: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Also lets go when there is room again. */
  readonly event?: EventMessage;
}

/** Makes the event log. */
export function createEventLog(options: EventLogOptions, parts: EventLogParts): DatabaseEventLog {
  return new BufferedEventLog(options, parts);
}

class BufferedEventLog implements DatabaseEventLog {
  readonly #options: EventLogOptions;
  readonly #parts: EventLogParts;
  readonly #insertRows: (rows: readonly RowValues[]) => Iterable<Statement>;
  readonly #reader: EventLogReader;
  readonly #retention: EventLogRetention;
  readonly #bufferSize: number;
  readonly #closing = new AbortController();
  #buffer: EventMessage[] = [];
  #waiting: Waiting[] = [];
  #accepted = 0;
  #done = 0;
  #notLogged = 0;
  #unreported = 0;
  #sinceRetention = 0;
  #failingSince: number | undefined;
  #retryMs = FIRST_RETRY_MS;
  #writing = false;
  #closed = false;
  #delay: Disposable | undefined;

  constructor(options: EventLogOptions, parts: EventLogParts) {
    this.#options = options;
    this.#parts = parts;
    this.#bufferSize = options.bufferSize ?? 10_000;
    this.#insertRows = createRowInserter({
      ...parts.context,
      table: 'event_log',
      columns: ['created_at', 'session_id', 'type', 'correlation_id', 'message'],
    });
    this.#reader = createEventLogReader(parts.context);
    this.#retention = createEventLogRetention(options, parts.context);
  }

  get buffered(): number {
    return this.#buffer.length;
  }

  get notLogged(): number {
    return this.#notLogged;
  }

  /** @throws StoreInTransactionError, DatabaseClosedError */
  check(event: EventMessage): void {
    if (!this.#wants(event)) return;
    this.#parts.guard();
    if (this.#closed) throw new DatabaseClosedError();
  }

  append(event: EventMessage): MaybePromise<void> {
    if (!this.#wants(event)) return undefined;
    this.check(event);
    const full = this.#buffer.length >= this.#bufferSize;
    if (full && this.#failingSince !== undefined && this.#parts.onStoreFailure === 'degrade') {
      this.#lose(1);
      return undefined;
    }
    this.#buffer.push(event);
    this.#accepted++;
    if (!this.#writing) this.#scheduleWriting();
    if (!full) return undefined;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ until: this.#accepted, resolve, reject, event });
    });
  }

  async flush(): Promise<void> {
    this.#parts.guard();
    if (this.#buffer.length === 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ until: this.#accepted, resolve, reject });
      this.#startWriting();
    });
  }

  async *read(query: EventLogQuery = {}): AsyncGenerator<LoggedEvent> {
    await this.flush();
    yield* this.#reader.read(query);
  }

  async prune(): Promise<number> {
    this.#parts.guard();
    return this.#retention.prune();
  }

  async close(): Promise<void> {
    this.#closed = true;
    try {
      await this.flush();
    } catch {
      this.#lose(this.#buffer.length); // reported when it failed
      this.#buffer = [];
    }
    this.#closing.abort();
    this.#delay?.[Symbol.dispose]();
    this.#reportLost();
  }

  #wants(event: EventMessage): boolean {
    if (event.lossy && !this.#options.lossy) return false;
    if (isBusEventType(event.type) && !this.#options.busEvents) return false;
    return !isReplayed(event);
  }

  #scheduleWriting(): void {
    if (this.#buffer.length >= ENOUGH_ROWS) this.#startWriting();
    else {
      this.#delay ??= this.#parts.clock.setTimer(
        () => this.#startWriting(),
        this.#options.writeDelayMs ?? 5,
      );
    }
  }

  #startWriting(): void {
    this.#delay?.[Symbol.dispose]();
    this.#delay = undefined;
    if (!this.#writing) void this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    while (this.#buffer.length > 0) {
      try {
        await this.#writeBatch();
        this.#succeeded();
      } catch (thrown) {
        this.#failed(toError(thrown));
        const slept = await sleep(this.#retryMs, {
          clock: this.#parts.clock,
          signal: this.#closing.signal,
        });
        if (!slept) break;
        this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
      }
    }
    this.#writing = false;
  }

  async #writeBatch(): Promise<void> {
    // In one breath with the publishers' own turn would make them wait.
    await this.#parts.clock.yieldToIo();
    const taken = await this.#parts.context.executor.transact(() => this.#writeRows());
    this.#buffer.splice(0, taken);
    this.#done += taken;
    this.#sinceRetention += taken;
    if (this.#sinceRetention >= PRUNE_EVERY_ROWS) {
      this.#sinceRetention = 0;
      await this.#retention.prune();
    }
  }

  /** Also what is appended while it writes. Returns how many events that were. */
  *#writeRows(): Work<number> {
    const { dialect } = this.#parts.context;
    let taken = 0;
    while (taken < this.#buffer.length && taken < MOST_ROWS[dialect]) {
      const step = this.#buffer.slice(taken, taken + STEP_ROWS[dialect]);
      taken += step.length;
      const rows = step.map((event) => this.#rowOf(event)).filter((row) => row !== undefined);
      yield* inTurn(this.#insertRows(rows));
    }
    return taken;
  }

  /** Undefined: it cannot be stored, whatever the database does. */
  #rowOf(event: EventMessage): RowValues | undefined {
    const { type, createdAt, sessionId, correlationId } = event;
    try {
      const kept = this.#options.redact ? this.#options.redact(event) : event;
      const text = storedText(`Event '${type}'`, kept, this.#parts.context.maxMessageBytes);
      return [Math.floor(createdAt), sessionId, type, correlationId, text];
    } catch (thrown) {
      this.#notLogged++;
      this.#parts.report('append', toError(thrown));
      return undefined;
    }
  }

  #succeeded(): void {
    this.#failingSince = undefined;
    this.#retryMs = FIRST_RETRY_MS;
    this.#reportLost();
    const hasRoom = this.#buffer.length < this.#bufferSize;
    this.#letGo(({ until, event }) => until <= this.#done || (event !== undefined && hasRoom));
  }

  #failed(error: Error): void {
    const now = this.#parts.clock.monotonic();
    this.#failingSince ??= now;
    this.#parts.report('append', error);
    this.#reportLost();
    const { onStoreFailure, waitMs } = this.#parts;
    if (onStoreFailure === 'stop' && now - this.#failingSince < waitMs) return;
    const refused = this.#waiting;
    this.#waiting = [];
    for (const { reject } of refused) reject(error);
    // What was refused to its publisher is not logged behind their back; a mere flush refuses nothing.
    const events = new Set(
      refused.map(({ event }) => event).filter((event) => event !== undefined),
    );
    if (events.size === 0) return;
    this.#buffer = this.#buffer.filter((event) => !events.has(event));
    this.#done += events.size;
    this.#lose(events.size);
  }

  #letGo(may: (waiting: Waiting) => boolean): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((each) => !may(each));
    for (const each of waiting) if (may(each)) each.resolve();
  }

  #lose(count: number): void {
    this.#notLogged += count;
    this.#unreported += count;
  }

  #reportLost(): void {
    if (this.#unreported === 0) return;
    const count = this.#unreported;
    this.#unreported = 0;
    this.#parts.report('append', new EventsNotLoggedError(count));
  }
}

function* inTurn(statements: Iterable<Statement>): Work<void> {
  for (const statement of statements) yield statement;
}
