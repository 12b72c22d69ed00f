import type { Redactor } from '@llmgine/core/redaction';

/** What to do while the database fails: go on without what it should keep, or make callers wait and then fail. */
export type OnStoreFailure = 'degrade' | 'stop';

/** What the event log takes, keeps, and how it writes. */
export interface EventLogOptions {
  /**
   * Logs lossy events too.
   * @default false
   */
  readonly lossy?: boolean | undefined;
  /**
   * Logs the bus's own events (`llmgine.*`) too.
   * @default false
   */
  readonly busEvents?: boolean | undefined;
  /** Events that wait to be written before publishers wait. @default 10000 */
  readonly bufferSize?: number | undefined;
  /** How long an event may wait for others to be written with. @default 5 */
  readonly writeDelayMs?: number | undefined;
  /** Removes events older than this. @default never */
  readonly maxAgeMs?: number | undefined;
  /** Keeps about so many of the latest events. @default all */
  readonly maxCount?: number | undefined;
  /** Takes out of events what must not be kept. @default nothing */
  readonly redact?: Redactor | undefined;
}
