import type { MaybePromise } from '../handler/handler.ts';
import type { EventMessage } from '../message/message.ts';

/** Keeps a record of accepted events, in order. */
export interface EventLog {
  /** A promise only when the publisher must wait. */
  append(event: EventMessage): MaybePromise<void>;
  /** Resolves when everything appended so far is written. */
  flush(): Promise<void>;
}
