import { isBusEventType } from '../bus/bus-events.ts';
import type { Admission } from '../bus/admission.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import { EventHandlersFailedError, InvalidOptionsError, PublishTooDeepError } from '../errors.ts';
import type { PublishOptions } from '../handler/handler.ts';
import { toError } from '../message/error-data.ts';
import type { EventMessage } from '../message/message.ts';
import type { MessageBusOptions } from '../bus/message-bus-options.ts';
import type { EventQueue } from '../queue/event-queue.ts';
import type { EventScheduler } from '../queue/event-scheduler.ts';
import type { EventLog } from '../stores/event-log.ts';
import type { ClaimedEvent } from '../stores/scheduled-event-store.ts';
import { DispatchScope } from './dispatch-scope.ts';
import type { EventFilter } from './event-filter.ts';
import type { EventPump } from './event-pump.ts';
import type { Generations } from './generations.ts';
import type { Sender } from './message-sender.ts';
import type { NestedDispatches } from './nested-dispatches.ts';
import { PendingEvent } from './pending-event.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { stamp } from './stamp.ts';

/** How deep publishes and executes may nest. */
export const MAX_DEPTH = 32;

const queued: PublishReceipt = Object.freeze({ status: 'queued' });
const queuedPromise = Promise.resolve(queued);

/** What publishing needs of the bus. */
export interface EventPublisherOptions {
  readonly parts: PipelineParts;
  readonly admission: Admission;
  readonly queue: EventQueue;
  readonly pump: EventPump;
  readonly nested: NestedDispatches;
  readonly scheduler: EventScheduler;
  readonly generations: Generations;
  readonly eventLog: EventLog | undefined;
  readonly stampMetadata: MessageBusOptions['stampMetadata'];
}

/** The way of an event up to its handlers: filters, due?, nested or queued, receipt. */
export class EventPublishing {
  filters: readonly EventFilter[] = [];
  suppressesErrors = true;
  readonly #parts: PipelineParts;
  readonly #admission: Admission;
  readonly #queue: EventQueue;
  readonly #pump: EventPump;
  readonly #nested: NestedDispatches;
  readonly #scheduler: EventScheduler;
  readonly #generations: Generations;
  readonly #eventLog: EventLog | undefined;
  readonly #stampMetadata: MessageBusOptions['stampMetadata'];

  constructor(options: EventPublisherOptions) {
    this.#parts = options.parts;
    this.#admission = options.admission;
    this.#queue = options.queue;
    this.#pump = options.pump;
    this.#nested = options.nested;
    this.#scheduler = options.scheduler;
    this.#generations = options.generations;
    this.#eventLog = options.eventLog;
    this.#stampMetadata = options.stampMetadata;
  }

  publish(
    sender: Sender,
    given: EventMessage,
    options: PublishOptions = {},
  ): Promise<PublishReceipt> {
    if (given?.kind !== 'event')
      throw new InvalidOptionsError('publish', [
        'it takes an event, made by a definition of defineEvent',
      ]);
    const { scope } = sender;
    const event = stamp(given, sender, this.#stampMetadata);
    this.#admission.check(scope, this.#admission.session(event.sessionId));
    this.#report(event);

    const refusing = this.#refusing(event);
    if (refusing !== undefined) return Promise.resolve(this.#refused(event, refusing));
    if (event.scheduledAt !== undefined && event.scheduledAt > this.#parts.time.now()) {
      return this.#scheduler.hold(scope?.quiet ? markQuiet(event) : event);
    }
    const awaited = options.awaitProcessing !== false;
    if (awaited && scope) return this.#publishNested(event, scope);
    return this.#enqueue(this.#pending(event, scope), awaited, options.signal);
  }

  /** An event of the bus's own, caused by what may be over by now. Resolves when it is queued, or has settled. */
  publishOwn(
    given: EventMessage,
    cause: DispatchScope | undefined,
    untilSettled = false,
  ): Promise<PublishReceipt> {
    const event = stamp(given, { scope: cause }, this.#stampMetadata);
    this.#report(event);
    const refusing = this.#refusing(event);
    if (refusing !== undefined) return Promise.resolve(this.#refused(event, refusing));
    const entry = this.#pending(event, cause);
    if (!untilSettled) return this.#enqueue(entry, false, undefined);
    const settled = new Promise<PublishReceipt>((resolve) => {
      entry.resolve = resolve;
    });
    void this.#offer(entry, undefined, false);
    return settled;
  }

  /** An event of the bus's own that waits for no lane. */
  async publishNow(given: EventMessage, scope: DispatchScope | undefined): Promise<PublishReceipt> {
    const event = stamp(given, { scope }, this.#stampMetadata);
    this.#report(event);
    const refusing = this.#refusing(event);
    if (refusing !== undefined) return this.#refused(event, refusing);
    const logged = this.log(event);
    const receipt = await this.#nested.dispatch(
      event,
      scope,
      this.#admission.session(event.sessionId),
    );
    await logged;
    return receipt;
  }

  /** A scheduled event that is due. Resolves when it has settled, to what became of it. */
  publishDue(
    { event }: ClaimedEvent,
    started: (abort: (reason: unknown) => void) => void,
  ): Promise<PublishReceipt> {
    const entry = new PendingEvent(event, this.#originOf(event, undefined, false), this);
    const settled = new Promise<PublishReceipt>((resolve) => {
      entry.resolve = resolve;
    });
    started((reason) => entry.abort?.(reason));
    void this.#offer(entry, undefined, false);
    return settled;
  }

  entryAccepted(entry: PendingEvent): void {
    entry.generation = this.#generations.enter(entry.generation);
    if (entry.session) entry.session.pending++;
    const { signals, time } = this.#parts;
    if (signals.wants('event.queued')) {
      signals.emit({
        type: 'event.queued',
        at: time.at(time.monotonic()),
        event: entry.event,
        queueSize: this.#queue.size,
      });
    }
    if (this.#eventLog) entry.logged = this.log(entry.event);
    this.#pump.wake();
  }

  entrySettled(entry: PendingEvent, receipt: PublishReceipt): void {
    if (entry.isAccepted) {
      if (entry.session) entry.session.pending--;
      this.#generations.leave(entry.generation!);
      if (receipt.status === 'dropped') this.#parts.scopes.changed();
    }
    if (receipt.status === 'dropped') this.#reportDrop(entry.event, receipt.reason);
  }

  /** Appends to the log; what goes wrong with that is reported, and is the publisher's to know only if it waits. */
  log(event: EventMessage): Promise<void> | undefined {
    try {
      const appended = this.#eventLog?.append(event);
      if (!appended) return undefined;
      appended.catch((thrown: unknown) => this.#logFailed(thrown));
      return appended;
    } catch (thrown) {
      this.#logFailed(thrown);
      return undefined;
    }
  }

  #report(event: EventMessage): void {
    const { signals, time } = this.#parts;
    if (signals.wants('event.published')) {
      signals.emit({ type: 'event.published', at: time.at(time.monotonic()), event });
    }
  }

  #refusing(event: EventMessage): string | undefined {
    for (const filter of this.filters) {
      if (!filter.busEvents && isBusEventType(event.type)) continue;
      try {
        if (!filter.accepts(event)) return filter.name;
      } catch (thrown) {
        const { signals, time } = this.#parts;
        signals.emit({
          type: 'filter.failed',
          at: time.now(),
          filter: filter.name,
          event,
          error: toError(thrown),
        });
      }
    }
    return undefined;
  }

  #refused(event: EventMessage, filter: string): PublishReceipt {
    const { signals, time } = this.#parts;
    if (signals.active) signals.emit({ type: 'event.filtered', at: time.now(), event, filter });
    return { status: 'filtered', filter };
  }

  #pending(event: EventMessage, scope: DispatchScope | undefined): PendingEvent {
    return new PendingEvent(event, this.#originOf(event, scope, event.lossy === true), this);
  }

  #originOf(event: EventMessage, scope: DispatchScope | undefined, evictable: boolean) {
    return {
      quiet: scope?.quiet ?? isMarkedQuiet(event),
      generation: scope?.generation,
      session: this.#admission.session(event.sessionId),
      evictable,
    };
  }

  async #publishNested(event: EventMessage, scope: DispatchScope): Promise<PublishReceipt> {
    if (scope.depth >= MAX_DEPTH) throw new PublishTooDeepError(event.type, scope.depth);
    const logged = this.log(event);
    const receipt = await this.#nested.dispatch(
      event,
      scope,
      this.#admission.session(event.sessionId),
    );
    await logged;
    return this.#surfaced(event, receipt);
  }

  #enqueue(
    entry: PendingEvent,
    awaited: boolean,
    signal: AbortSignal | undefined,
  ): Promise<PublishReceipt> {
    const waits = awaited && this.#admission.phase !== 'idle';
    const settled = waits
      ? new Promise<PublishReceipt>((resolve) => {
          entry.resolve = resolve;
        })
      : undefined;

    const offered = this.#offer(entry, signal, !entry.quiet);
    if (offered === 'accepted' && !entry.logged)
      return settled ? this.#surfacedLater(entry, settled) : queuedPromise;
    return this.#afterWaiting(entry, offered, settled);
  }

  /** Puts an entry into the queue, or settles it as dropped. */
  #offer(
    entry: PendingEvent,
    signal: AbortSignal | undefined,
    mayWait: boolean,
  ): PublishReceipt | 'accepted' | Promise<PublishReceipt | 'accepted'> {
    if (signal?.aborted) return this.#drop(entry, 'aborted');
    const isOwn = isBusEventType(entry.event.type);
    const outcome = this.#queue.enqueue(entry, {
      signal,
      mayWait: mayWait && !isOwn && !entry.generation,
    });
    if (outcome === 'accepted') return 'accepted';
    if (outcome === 'rejected') return this.#drop(entry, 'queue-full');
    return outcome.then((late) => {
      if (late === 'accepted' && this.#admission.phase !== 'stopped') return 'accepted';
      // Room came when everybody had gone.
      if (late === 'accepted') this.#queue.remove((other) => other === entry);
      if (signal?.aborted) return this.#drop(entry, 'aborted');
      return this.#drop(
        entry,
        this.#admission.phase === 'stopping' || this.#admission.phase === 'stopped'
          ? 'stopped'
          : 'queue-full',
      );
    });
  }

  #drop(entry: PendingEvent, reason: 'queue-full' | 'aborted' | 'stopped'): PublishReceipt {
    const receipt: PublishReceipt = { status: 'dropped', reason };
    entry.settle(receipt);
    return receipt;
  }

  async #afterWaiting(
    entry: PendingEvent,
    offered: PublishReceipt | 'accepted' | Promise<PublishReceipt | 'accepted'>,
    settled: Promise<PublishReceipt> | undefined,
  ): Promise<PublishReceipt> {
    const outcome = await offered;
    if (outcome !== 'accepted') return outcome;
    await entry.logged;
    return settled ? this.#surfacedLater(entry, settled) : queued;
  }

  #surfacedLater(
    { event }: PendingEvent,
    settled: Promise<PublishReceipt>,
  ): Promise<PublishReceipt> {
    return this.suppressesErrors
      ? settled
      : settled.then((receipt) => this.#surfaced(event, receipt));
  }

  /** @throws EventHandlersFailedError unless errors are suppressed */
  #surfaced(event: EventMessage, receipt: PublishReceipt): PublishReceipt {
    if (this.suppressesErrors || receipt.status !== 'processed' || receipt.failures.length === 0)
      return receipt;
    throw new EventHandlersFailedError(
      event.type,
      receipt.failures,
      this.#parts.registry.eventPlan(event).handlers,
    );
  }

  #reportDrop(event: EventMessage, reason: 'queue-full' | 'evicted' | 'aborted' | 'stopped'): void {
    const { signals, time } = this.#parts;
    if (!signals.active) return;
    signals.emit({
      type: 'event.dropped',
      at: time.now(),
      event,
      queueSize: this.#queue.size,
      reason,
    });
  }

  #logFailed(thrown: unknown): void {
    const { signals, time } = this.#parts;
    signals.emit({
      type: 'store.failed',
      at: time.now(),
      store: 'event-log',
      operation: 'append',
      error: toError(thrown),
    });
  }
}

const quietKey = 'llmgine.quiet';

/** A held event must remember that something of the bus's own caused it. */
function markQuiet(event: EventMessage): EventMessage {
  return { ...event, metadata: { ...event.metadata, [quietKey]: true } };
}

function isMarkedQuiet(event: EventMessage): boolean {
  return event.scheduledAt !== undefined && event.metadata[quietKey] === true;
}
