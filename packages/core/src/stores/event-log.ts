import type { MaybePromise } from '../handler/handler.ts';
import type { EventMessage } from '../message/message.ts';
import type { SessionId } from '../message/session-id.ts';

/** Keeps a record of accepted events, in order. */
export interface EventLog {
  /** Throws when this event could not be logged from here; `publish` asks before it does anything with the event. */
  check?(event: EventMessage): void;
  /** A promise only when the publisher must wait. */
  append(event: EventMessage): MaybePromise<void>;
  /** Resolves when everything appended so far is written. */
  flush(): Promise<void>;
}

/** Which logged events. Everything given must match. */
export interface EventLogQuery {
  readonly sessionId?: SessionId | undefined;
  /** One message type, or several. */
  readonly type?: string | readonly string[] | undefined;
  readonly correlationId?: string | undefined;
  /** Made at or after this instant (epoch milliseconds). */
  readonly since?: number | undefined;
  /** Made before this instant (epoch milliseconds). */
  readonly until?: number | undefined;
  /** Only what was logged after the entry of this position. */
  readonly after?: number | undefined;
  /** @default all */
  readonly limit?: number | undefined;
}

/** A logged event as read back. */
export interface LoggedEvent {
  /** Grows in the order of logging; has gaps where events were removed. */
  readonly position: number;
  readonly event: EventMessage;
}

/** A log that can be read back. */
export interface ReadableEventLog extends EventLog {
  /** In the order of logging. What is still buffered is written first. */
  read(query?: EventLogQuery): AsyncIterable<LoggedEvent>;
}
