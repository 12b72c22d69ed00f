import type { MaybePromise } from '../handler/handler.ts';
import type { EventMessage } from '../message/message.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';

/** One event in the queue. Made by the bus. */
export interface QueueEntry {
  readonly event: EventMessage;
  /** May be thrown out to make room. */
  readonly evictable: boolean;
  /** For the queue that holds the entry to write on; nobody else looks at it. */
  ticket?: unknown;
  /** To be called by the queue once, as it takes the entry in. */
  accepted(): void;
  /** Tells the publisher what became of the event. */
  settle(receipt: PublishReceipt): void;
}

/** How an entry may be taken in. */
export interface EnqueueOptions {
  /** Ends a wait for room. */
  readonly signal?: AbortSignal | undefined;
  /** False for publishers that must not wait: those inside a dispatch, and the bus itself. */
  readonly mayWait: boolean;
}

/** The lanes: one FIFO each, and a ring of those that are ready. Holds every accepted, unstarted event. */
export interface EventQueue {
  /** Accepted and unstarted, over all lanes. */
  readonly size: number;
  /** Takes an entry in, or waits for room, or refuses. */
  enqueue(entry: QueueEntry, options: EnqueueOptions): MaybePromise<'accepted' | 'rejected'>;
  /** The next entry of a lane that is ready; the lane is busy until `release`. */
  next(): QueueEntry | undefined;
  /** The entry's event was dispatched: its lane may go on. */
  release(entry: QueueEntry): void;
  /** Takes out the waiting entries that match, in order. Their publishers are the caller's to settle. */
  remove(matches: (entry: QueueEntry) => boolean): readonly QueueEntry[];
  /** Forgets counts and waits. Called by the bus's `reset()`, after everything was removed. */
  reset?(): void;
}
