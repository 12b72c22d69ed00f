import { AsyncResource } from 'node:async_hooks';
import { isBusEventType } from '../bus/bus-events.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import type { SessionState } from '../bus/session-state.ts';
import type { EventMessage } from '../message/message.ts';
import type { QueueEntry } from '../queue/event-queue.ts';
import type { Abortable, DispatchScope } from './dispatch-scope.ts';
import type { DispatchReceiver } from './event-dispatch.ts';
import type { Generation } from './generations.ts';
import { isMarkedQuiet } from './quiet-mark.ts';
import type { Waiting, WaitingGroup } from './waiting-time.ts';

/** Who follows an event through the queue. */
export interface PendingEventOwner {
  entryAccepted(entry: PendingEvent): void;
  entryDispatched(entry: PendingEvent, receipt: PublishReceipt): void;
  entrySettled(entry: PendingEvent, receipt: PublishReceipt): void;
}

/** An event on its way through the queue. It remembers its publisher's async context, and runs in that. */
export class PendingEvent implements QueueEntry, DispatchReceiver, Waiting {
  readonly event: EventMessage;
  /** Caused by something of the bus's own, or one itself. */
  readonly quiet: boolean;
  session: SessionState | undefined = undefined;
  /** The parent's until the event is accepted, its own from then on. */
  generation: Generation | undefined;
  /** Claimed from a store: never evicted, and aborted when the lease is lost. */
  isClaimed = false;
  ticket: unknown = undefined;
  /** Was taken in; until then nobody counts it. */
  isAccepted = false;
  group: WaitingGroup | undefined = undefined;
  isSettled = false;
  /** The log asks the publisher to wait. */
  logged: Promise<void> | undefined = undefined;
  /** Tells whoever awaits it. */
  resolve: ((receipt: PublishReceipt) => void) | undefined = undefined;
  readonly publisher: AsyncResource = new AsyncResource('LlmginePublish');
  /** Once a claimed event runs: what to abort when its lease is lost. */
  dispatch: Abortable | undefined = undefined;
  readonly #owner: PendingEventOwner;

  constructor(event: EventMessage, scope: DispatchScope | undefined, owner: PendingEventOwner) {
    this.event = event;
    this.quiet = (scope?.quiet ?? isMarkedQuiet(event)) || isBusEventType(event.type);
    this.generation = scope?.generation;
    this.#owner = owner;
  }

  get evictable(): boolean {
    return this.event.lossy === true && !this.isClaimed;
  }

  accepted(): void {
    if (this.isAccepted) return;
    this.isAccepted = true;
    this.#owner.entryAccepted(this);
  }

  dispatched(receipt: PublishReceipt): void {
    this.#owner.entryDispatched(this, receipt);
  }

  settle(receipt: PublishReceipt): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.#owner.entrySettled(this, receipt);
    this.resolve?.(receipt);
  }
}
