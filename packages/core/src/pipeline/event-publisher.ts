import type { Admission } from '../bus/admission.ts';
import type { MessageBusOptions } from '../bus/message-bus-options.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import { PublishTooDeepError } from '../bus/bus-errors.ts';
import { InvalidOptionsError } from '../errors.ts';
import { EventHandlersFailedError } from '../handler/handler-errors.ts';
import type { PublishOptions } from '../handler/handler.ts';
import type { EventMessage } from '../message/message.ts';
import type { EventScheduler } from '../queue/event-scheduler.ts';
import type { ClaimedEvent } from '../stores/scheduled-event-store.ts';
import { MAX_DEPTH, type DispatchScope } from './dispatch-scope.ts';
import { checkSending } from './check-sending.ts';
import type { EventFilters } from './event-filters.ts';
import type { EventLogging } from './event-logging.ts';
import type { Sender } from './message-sender.ts';
import type { NestedDispatches } from './nested-dispatches.ts';
import type { PendingEvent } from './pending-event.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import type { QueueEntrance } from './queue-entrance.ts';
import { markQuiet } from './quiet-mark.ts';
import { isMessage, stamp } from './stamp.ts';

const queued: PublishReceipt = Object.freeze({ status: 'queued' });
/** Shared, since fire-and-forget publishers mostly throw it away. */
const queuedPromise = Promise.resolve(queued);

/** What publishing needs of the bus. */
export interface EventPublishingOptions {
  readonly parts: PipelineParts;
  readonly admission: Admission;
  readonly filters: EventFilters;
  readonly logging: EventLogging;
  readonly entrance: QueueEntrance;
  readonly nested: NestedDispatches;
  readonly scheduler: EventScheduler;
  readonly stampMetadata: MessageBusOptions['stampMetadata'];
}

/** The way of an event up to its handlers: filters, due?, nested or queued, receipt. */
export class EventPublishing {
  suppressesErrors = true;
  readonly #options: EventPublishingOptions;
  readonly #parts: PipelineParts;
  readonly #admission: Admission;
  readonly #filters: EventFilters;
  readonly #entrance: QueueEntrance;

  constructor(options: EventPublishingOptions) {
    this.#options = options;
    this.#parts = options.parts;
    this.#admission = options.admission;
    this.#filters = options.filters;
    this.#entrance = options.entrance;
  }

  /** @throws InvalidOptionsError, BusStoppedError, SessionEndedError, PublishTooDeepError */
  publish(sender: Sender, given: EventMessage, options?: PublishOptions): Promise<PublishReceipt> {
    if (!isMessage(given, 'event')) throw new InvalidOptionsError('publish', [notAnEvent]);
    if (options?.signal !== undefined) checkSending('publish an event', options);
    const { scope } = sender;
    const event = stamp(given, sender, this.#options.stampMetadata);
    this.#admission.check(scope, event.sessionId);
    this.#report(event);

    const refused = this.#filters.refuse(event);
    if (refused) return Promise.resolve(refused);
    if (event.scheduledAt !== undefined && event.scheduledAt > this.#parts.time.now()) {
      return this.#options.scheduler.hold(scope?.quiet ? markQuiet(event) : event);
    }
    this.#options.logging.check(event);
    const isAwaited = options?.awaitProcessing !== false;
    const isIdle = this.#admission.phase === 'idle';
    if (isAwaited && scope && !isIdle) return this.#publishNested(event, scope);
    const entry = this.#entrance.entryFor(event, scope);
    return isAwaited && !isIdle
      ? this.#enqueueAndWait(entry, options?.signal)
      : this.#enqueue(entry, options?.signal);
  }

  /** An event of the bus's own, caused by what may be over by now. Resolves when it has settled. */
  publishOwn(given: EventMessage, cause: DispatchScope | undefined): Promise<PublishReceipt> {
    const event = stamp(given, { scope: cause }, this.#options.stampMetadata);
    this.#report(event);
    const refused = this.#filters.refuse(event);
    if (refused) return Promise.resolve(refused);
    return this.#offerAndSettle(this.#entrance.entryFor(event, cause));
  }

  /** An event of the bus's own that waits for no lane, nor for the log. */
  async publishNow(given: EventMessage, scope?: DispatchScope): Promise<PublishReceipt> {
    const event = stamp(given, { scope }, this.#options.stampMetadata);
    this.#report(event);
    const refused = this.#filters.refuse(event);
    if (refused) return refused;
    void this.#options.logging.append(event);
    return this.#options.nested.dispatch(event, scope, this.#admission.session(event.sessionId));
  }

  /** A scheduled event that is due. Resolves when it has settled; `started` receives what aborts it. */
  publishDue(
    { event }: ClaimedEvent,
    started: (abort: (reason: unknown) => void) => void,
  ): Promise<PublishReceipt> {
    const entry = this.#entrance.entryFor(event, undefined);
    entry.isClaimed = true;
    started((reason) => {
      if (entry.dispatch) entry.dispatch.abort(reason);
      else this.#entrance.withdraw(entry);
    });
    return this.#offerAndSettle(entry);
  }

  #report(event: EventMessage): void {
    const { counting, signals, time } = this.#parts;
    counting.published(event);
    if (!signals.wants('event.published')) return;
    signals.emit({ type: 'event.published', at: time.at(time.monotonic()), event });
  }

  async #publishNested(event: EventMessage, scope: DispatchScope): Promise<PublishReceipt> {
    if (scope.depth >= MAX_DEPTH) throw new PublishTooDeepError(event.type, scope.depth);
    return this.#surfaced(event, await this.#dispatchNested(event, scope));
  }

  async #dispatchNested(event: EventMessage, scope?: DispatchScope): Promise<PublishReceipt> {
    const logged = this.#options.logging.append(event);
    const session = this.#admission.session(event.sessionId);
    const receipt = await this.#options.nested.dispatch(event, scope, session);
    await logged;
    return receipt;
  }

  #offerAndSettle(entry: PendingEvent): Promise<PublishReceipt> {
    return new Promise((resolve) => {
      entry.resolve = resolve;
      void this.#entrance.offer(entry);
    });
  }

  #enqueue(entry: PendingEvent, signal: AbortSignal | undefined): Promise<PublishReceipt> {
    const refused = this.#entrance.offer(entry, signal);
    if (refused === undefined && !entry.logged) return queuedPromise;
    return this.#whenEntered(entry, refused);
  }

  async #whenEntered(
    entry: PendingEvent,
    refused: PublishReceipt | undefined | Promise<PublishReceipt | undefined>,
  ): Promise<PublishReceipt> {
    const receipt = await refused;
    if (receipt) return receipt;
    await entry.logged;
    return queued;
  }

  #enqueueAndWait(entry: PendingEvent, signal: AbortSignal | undefined): Promise<PublishReceipt> {
    const settled = new Promise<PublishReceipt>((resolve) => {
      entry.resolve = resolve;
    });
    const refused = this.#entrance.offer(entry, signal);
    return this.suppressesErrors && !entry.logged && refused === undefined
      ? settled
      : this.#whenSettled(entry, settled);
  }

  async #whenSettled(
    entry: PendingEvent,
    settled: Promise<PublishReceipt>,
  ): Promise<PublishReceipt> {
    const receipt = await settled;
    await entry.logged;
    return this.#surfaced(entry.event, receipt);
  }

  /** @throws EventHandlersFailedError unless errors are suppressed */
  #surfaced(event: EventMessage, receipt: PublishReceipt): PublishReceipt {
    const failures = receipt.status === 'processed' ? receipt.failures : [];
    if (this.suppressesErrors || failures.length === 0) return receipt;
    const { handlers } = this.#parts.registry.eventPlan(event);
    throw new EventHandlersFailedError(event.type, failures, handlers);
  }
}

const notAnEvent = 'it takes an event, made by a definition of defineEvent';
