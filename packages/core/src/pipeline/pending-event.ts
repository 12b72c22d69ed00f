import { AsyncResource } from 'node:async_hooks';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import type { SessionState } from '../bus/session-state.ts';
import type { EventMessage } from '../message/message.ts';
import type { QueueEntry } from '../queue/event-queue.ts';
import type { Generation } from './generations.ts';

/** Who follows an event through the queue. */
export interface PendingEventOwner {
  entryAccepted(entry: PendingEvent): void;
  entrySettled(entry: PendingEvent, receipt: PublishReceipt): void;
}

/** What an event brings along into the queue. */
export interface PendingEventOrigin {
  /** Caused by something of the bus's own. */
  readonly quiet: boolean;
  readonly generation: Generation | undefined;
  readonly session: SessionState | undefined;
  readonly evictable: boolean;
}

/** An event on its way through the queue. It remembers its publisher's async context, and runs in that. */
export class PendingEvent implements QueueEntry {
  readonly event: EventMessage;
  readonly evictable: boolean;
  readonly quiet: boolean;
  readonly session: SessionState | undefined;
  /** The parent's until the event is accepted, its own from then on. */
  generation: Generation | undefined;
  /** Was taken in; until then nobody counts it. */
  isAccepted = false;
  /** The log asks the publisher to wait. */
  logged: Promise<void> | undefined;
  /** Tells whoever awaits it. */
  resolve: ((receipt: PublishReceipt) => void) | undefined;
  /** Aborts the dispatch, once it runs. */
  abort: ((reason: unknown) => void) | undefined;
  #settled = false;
  readonly #owner: PendingEventOwner;
  readonly #publisher = new AsyncResource('LlmginePublish');

  constructor(event: EventMessage, origin: PendingEventOrigin, owner: PendingEventOwner) {
    this.event = event;
    this.evictable = origin.evictable;
    this.quiet = origin.quiet;
    this.session = origin.session;
    this.generation = origin.generation;
    this.#owner = owner;
  }

  accepted(): void {
    if (this.isAccepted) return;
    this.isAccepted = true;
    this.#owner.entryAccepted(this);
  }

  inPublisherContext<T>(work: () => T): T {
    return this.#publisher.runInAsyncScope(work);
  }

  settle(receipt: PublishReceipt): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#owner.entrySettled(this, receipt);
    this.resolve?.(receipt);
  }
}
