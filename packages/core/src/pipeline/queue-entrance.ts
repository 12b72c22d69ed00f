import type { Admission } from '../bus/admission.ts';
import { isBusEventType } from '../bus/bus-events.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import type { EventMessage } from '../message/message.ts';
import type { EnqueueOptions, EventQueue } from '../queue/event-queue.ts';
import type { DispatchScope } from './dispatch-scope.ts';
import type { EventLogging } from './event-logging.ts';
import type { EventPump } from './event-pump.ts';
import type { Generations } from './generations.ts';
import { PendingEvent, type PendingEventOwner } from './pending-event.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import type { WaitingTime } from './waiting-time.ts';

/** What the entrance of the queue needs of the bus. */
export interface QueueEntranceOptions {
  readonly parts: PipelineParts;
  readonly admission: Admission;
  readonly queue: EventQueue;
  readonly pump: EventPump;
  readonly generations: Generations;
  readonly logging: EventLogging;
  readonly waiting: WaitingTime;
}

type DropReason = 'queue-full' | 'evicted' | 'aborted' | 'stopped';

const maybeWaiting: EnqueueOptions = { mayWait: true };
const neverWaiting: EnqueueOptions = { mayWait: false };

/** Undefined: accepted. */
type Refusal = PublishReceipt | undefined;

/** Takes events into the queue and counts them until they are settled. */
export class QueueEntrance implements PendingEventOwner {
  readonly #options: QueueEntranceOptions;

  constructor(options: QueueEntranceOptions) {
    this.#options = options;
  }

  /** To be called in the publisher's async context. */
  entryFor(event: EventMessage, scope: DispatchScope | undefined): PendingEvent {
    const entry = new PendingEvent(event, scope, this);
    entry.session = this.#options.admission.session(event.sessionId);
    return entry;
  }

  /** Offers an entry to the queue. It is settled as dropped when it is refused. */
  offer(entry: PendingEvent, signal?: AbortSignal): Refusal | Promise<Refusal> {
    if (signal?.aborted) return this.#drop(entry, 'aborted');
    // A publisher inside a dispatch would wait for room that it keeps itself.
    const mayWait = !entry.generation && !entry.isClaimed && !isBusEventType(entry.event.type);
    const options = signal ? { signal, mayWait } : mayWait ? maybeWaiting : neverWaiting;
    const outcome = this.#options.queue.enqueue(entry, options);
    if (outcome === 'accepted') return undefined;
    if (outcome === 'rejected') return this.#drop(entry, 'queue-full');
    return outcome.then((late) => this.#afterWaiting(entry, late, signal));
  }

  /** Takes an entry back that has not begun. */
  withdraw(entry: PendingEvent): void {
    this.#options.queue.remove((other) => other === entry);
    this.#drop(entry, 'aborted');
  }

  entryAccepted(entry: PendingEvent): void {
    const { generations, logging, pump, queue, waiting } = this.#options;
    const { signals, time } = this.#options.parts;
    entry.generation = generations.enter(entry.generation);
    waiting.enter(entry);
    if (entry.session) entry.session.pending++;
    if (signals.wants('event.queued')) {
      const at = time.at(time.monotonic());
      signals.emit({ type: 'event.queued', at, event: entry.event, queueSize: queue.size });
    }
    entry.logged = logging.append(entry.event);
    pump.wake();
  }

  entryDispatched(entry: PendingEvent, receipt: PublishReceipt): void {
    this.#options.pump.finished(entry, receipt);
  }

  entrySettled(entry: PendingEvent, receipt: PublishReceipt): void {
    const { generations, parts, waiting } = this.#options;
    waiting.leave(entry);
    if (entry.isAccepted) {
      if (entry.session) entry.session.pending--;
      generations.leave(entry.generation!); // has one since it was accepted
    }
    if (receipt.status !== 'dropped') return;
    // A due event that finds the queue full stays held, and is not lost.
    const isHeld = entry.isClaimed && receipt.reason === 'queue-full';
    if (!isHeld) this.#reportDrop(entry.event, receipt.reason);
    parts.scopes.changed();
  }

  #afterWaiting(
    entry: PendingEvent,
    late: 'accepted' | 'rejected',
    signal: AbortSignal | undefined,
  ): Refusal {
    const { admission, queue } = this.#options;
    const isStopped = admission.phase === 'stopping' || admission.phase === 'stopped';
    if (late === 'accepted' && admission.phase !== 'stopped') return undefined;
    // Room came when everybody had gone.
    if (late === 'accepted') queue.remove((other) => other === entry);
    if (signal?.aborted) return this.#drop(entry, 'aborted');
    return this.#drop(entry, isStopped ? 'stopped' : 'queue-full');
  }

  #drop(entry: PendingEvent, reason: DropReason): PublishReceipt {
    const receipt: PublishReceipt = { status: 'dropped', reason };
    entry.settle(receipt);
    return receipt;
  }

  #reportDrop(event: EventMessage, reason: DropReason): void {
    const { parts, queue } = this.#options;
    if (!parts.signals.active) return;
    const at = parts.time.now();
    parts.signals.emit({ type: 'event.dropped', at, event, queueSize: queue.size, reason });
  }
}
