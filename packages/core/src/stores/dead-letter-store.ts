import type { ErrorData } from '../message/error-data.ts';
import type { AnyMessage } from '../message/message.ts';
import type { SessionId } from '../message/session-id.ts';

/** A message that was given up on. */
export interface DeadLetterEntry {
  /** The message's id; for an event handler, the event's id, a colon and the handler's name. */
  readonly id: string;
  readonly message: AnyMessage;
  /** The event handler that failed; absent for commands. */
  readonly handler?: string;
  readonly error: ErrorData;
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly firstAttemptAt: number;
  /** Epoch milliseconds. */
  readonly lastAttemptAt: number;
  readonly reason: 'exhausted' | 'policy' | 'deadline' | 'stopped';
  /** How often it has come back after a redrive. */
  readonly redrives: number;
  /** `resolved`: an edited copy of it succeeded. */
  readonly status: 'waiting' | 'claimed' | 'resolved';
}

/** Which entries. Everything given must match. */
export interface DeadLetterFilter {
  /** Message type. */
  readonly type?: string | undefined;
  readonly sessionId?: SessionId | undefined;
  /** Last attempted at or after this instant (epoch milliseconds). */
  readonly since?: number | undefined;
  /** @default waiting and claimed */
  readonly status?: DeadLetterEntry['status'] | undefined;
}

/** Which page of them, in the order they came. */
export interface DeadLetterQuery extends DeadLetterFilter {
  /** @default all */
  readonly limit?: number | undefined;
  /** @default 0 */
  readonly offset?: number | undefined;
}

/** Keeps dead letters. */
export interface DeadLetterStore {
  /** Keeps an entry; one of the same id is replaced. */
  add(entry: DeadLetterEntry): Promise<void>;
  /** Takes a waiting entry on, so that nobody else redrives it; undefined: there is none. A claim not settled within `leaseMs` lapses. */
  claim(id: string, leaseMs: number): Promise<DeadLetterEntry | undefined>;
  /** Ends a claim: removed, marked resolved, or back among the waiting as given. */
  settle(id: string, outcome: 'removed' | 'resolved' | DeadLetterEntry): Promise<void>;
  /** In the order they came. */
  list(query?: DeadLetterQuery): Promise<readonly DeadLetterEntry[]>;
  /** False: there is no such entry. */
  discard(id: string): Promise<boolean>;
  /** Removes what matches (default everything) and resolves to how many that were. */
  purge(filter?: DeadLetterFilter): Promise<number>;
  count(filter?: DeadLetterFilter): Promise<number>;
}
