import type { EventMessage } from '../message/message.ts';

/** A held event that a worker has taken on. */
export interface ClaimedEvent {
  readonly event: EventMessage;
  /** Fencing epoch: grows with every claim, so that a worker that slept cannot settle what another took over. */
  readonly epoch: number;
}

/** A held event as listed. */
export interface ScheduledEntry {
  readonly id: string;
  readonly event: EventMessage;
  /** Epoch milliseconds. */
  readonly scheduledAt: number;
  /** Some worker is handling it now. */
  readonly claimed: boolean;
}

/** What is held in place of an event that was to be saved. */
export interface HeldInstead {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly scheduledAt: number;
}

/** What a worker can handle; the rest stays for others. */
export interface KnownWork {
  /**
   * Types of events.
   * @default all
   */
  readonly types?: readonly string[] | undefined;
  /**
   * Recurring schedules: whoever handles an occurrence must know the one after it. Single events belong to none.
   * @default all
   */
  readonly schedules?: readonly string[] | undefined;
}

/** An event that is due, and that a worker cannot handle. */
export interface UnknownWork {
  readonly type: string;
  /** The schedule it is an occurrence of. */
  readonly schedule?: string | undefined;
  /** One of those events. */
  readonly id: string;
}

/** What a worker asks for. */
export interface ClaimRequest extends KnownWork {
  /** At most so many. */
  readonly count: number;
  /** How long they are this worker's unless extended. `Infinity` is allowed. */
  readonly leaseMs: number;
}

/** Holds future events: at least once, and every time is the store's own clock. */
export interface ScheduledEventStore {
  /** How many events are held, where the store knows without asking anybody. */
  readonly size?: number;
  /** The store's clock, epoch milliseconds. */
  now(): Promise<number>;
  /**
   * Holds events by their ids, and of each recurring schedule (`scheduleOf`) one occurrence. What is held already stays
   * as it is. Resolves to what is held instead, by the ids of the events that were not saved; empty: all were.
   */
  save(events: readonly EventMessage[]): Promise<ReadonlyMap<string, HeldInstead>>;
  /** Takes on due events in order of `scheduledAt`, then of saving. */
  claimDue(request: ClaimRequest): Promise<readonly ClaimedEvent[]>;
  /** False: the lease was lost. */
  extend(claim: ClaimedEvent, leaseMs: number): Promise<boolean>;
  /** Removes a handled event and, in the same step, holds the next occurrence if there is one. False: somebody else owns it. */
  settle(claim: ClaimedEvent, next?: EventMessage): Promise<boolean>;
  /** Gives a claim back; the event is due at once. */
  release(claim: ClaimedEvent): Promise<void>;
  /** False: no such event is held, or it is being handled. */
  cancel(id: string): Promise<boolean>;
  /** False: no such event is held, or it is being handled. `at` is epoch milliseconds. */
  reschedule(id: string, at: number): Promise<boolean>;
  list(): AsyncIterable<ScheduledEntry>;
  /** Milliseconds until the next event a worker can handle may be claimed, on the store's clock; undefined: none is held. */
  nextDueInMs(known?: KnownWork): Promise<number | undefined>;
  /**
   * Calls back when something may be due earlier than `nextDueInMs` told last, whether it was stored here or by another
   * process. A store without this is asked after each event that is held, and not told of other processes' events.
   */
  onEarlier?(wake: () => void): Disposable;
  /** What is held and due here, and not `known`: one event of each type and schedule. */
  unknownWork?(known: KnownWork): Promise<readonly UnknownWork[]>;
  /** Forgets what is held. Called by the bus's `reset()` on the store that the bus made itself. */
  reset?(): void;
}
