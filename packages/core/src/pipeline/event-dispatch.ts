import { EventHandlerFailedEvent } from '../bus/bus-events.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import { HandlerAbortedError } from '../handler/handler-errors.ts';
import type { RegisteredEventHandler } from '../handler/registered-handler.ts';
import type { EventPlan } from '../handler/priority-groups.ts';
import { toErrorData } from '../message/error-data.ts';
import type { EventMessage } from '../message/message.ts';
import type { HandlerFailure } from '../signals/bus-signal.ts';
import type { Abortable, DispatchScope } from './dispatch-scope.ts';
import { HandlerCall } from './handler-call.ts';
import type { HandlerCallOwner, RunningHandler } from './handler-call-owner.ts';
import { MessageContext } from './message-context.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** Hears when a dispatch has ended. */
export interface DispatchReceiver {
  dispatched(receipt: PublishReceipt): void;
}

const noFailures: readonly HandlerFailure[] = Object.freeze([]);
const withoutFailures: PublishReceipt = Object.freeze({
  status: 'processed',
  failures: noFailures,
});

/**
 * Delivers one event: its priority groups one after another, the handlers of a group together. Written as steps
 * rather than as an async function, since a promise per group and handler would cost more than the handlers.
 */
export class EventDispatch implements Abortable, HandlerCallOwner {
  readonly scope: DispatchScope;
  readonly parts: PipelineParts;
  readonly reportsHandlers: boolean;
  readonly #plan: EventPlan;
  readonly #receiver: DispatchReceiver;
  #context: MessageContext | undefined = undefined;
  /** Unknown when nobody wanted to hear of it as it began. */
  #startedAt: number | undefined = undefined;
  #nextGroup = 0;
  /** The last call of the present group. */
  #lastCall: HandlerCall | undefined = undefined;
  #pending = 0;
  #failures: HandlerFailure[] | undefined = undefined;
  #ended = false;

  constructor(scope: DispatchScope, parts: PipelineParts, receiver: DispatchReceiver) {
    this.scope = scope;
    this.parts = parts;
    this.reportsHandlers =
      parts.signals.wants('handler.started') || parts.signals.wants('handler.finished');
    this.#plan = parts.registry.eventPlan(scope.message);
    this.#receiver = receiver;
    scope.owner = this;
    parts.scopes.add(scope);
  }

  get event(): EventMessage {
    return this.scope.message as EventMessage;
  }

  get context(): MessageContext {
    return (this.#context ??= new MessageContext(this.scope, this.parts, 1));
  }

  /** Neither handlers nor observers hear of it. */
  get isUnheard(): boolean {
    return this.#plan.groups.length === 0 && !this.parts.signals.wants('event.processed');
  }

  /** To be called inside the scope. */
  start(): void {
    const { counting, signals, time } = this.parts;
    if (counting.timesEvents || signals.wants('event.processed')) {
      this.#startedAt = time.monotonicOrCarried();
    }
    this.#runGroups();
  }

  callSettled(call: RunningHandler): void {
    if (call.error) this.#failed(call);
    if (--this.#pending === 0) this.#runGroups();
  }

  abort(reason: unknown): void {
    if (this.#ended) return;
    this.#nextGroup = this.#plan.groups.length;
    this.scope.open = false;
    this.scope.abortSignal(reason);
    for (let call = this.#lastCall; call; call = call.before) {
      if (call.settled) continue;
      call.abandon(new HandlerAbortedError(call.handler.name, reason), reason);
      this.#failed(call);
    }
    this.parts.scopes.abortInside(this.scope, reason);
    this.#end();
  }

  #runGroups(): void {
    const { groups } = this.#plan;
    while (!this.#ended && this.#nextGroup < groups.length) {
      if (!this.#runGroup(groups[this.#nextGroup++]!)) return;
    }
    if (this.#ended) return;
    if (!this.scope.hasChildren) {
      this.#end();
      return;
    }
    const end = (): void => this.#end();
    this.scope.whenChildless = end;
  }

  /** True: all have settled at once. */
  #runGroup(group: readonly RegisteredEventHandler[]): boolean {
    this.#lastCall = undefined;
    // One more than run, so that handlers that settle meanwhile do not start the next group.
    this.#pending = 1;
    for (const handler of group) {
      if (this.#ended) break; // a handler of this very group had it aborted
      const call = new HandlerCall(handler, this, this.#lastCall);
      this.#lastCall = call;
      this.#pending++;
      if (!call.begin()) continue;
      if (call.error) this.#failed(call);
      this.#pending--;
    }
    return --this.#pending === 0;
  }

  #failed({ handler, error }: RunningHandler): void {
    (this.#failures ??= []).push({ handler: handler.name, error: error! }); // only failed calls come here
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.scope.open = false;
    const failures = this.#failures;

    this.#report(failures ?? noFailures);
    if (failures) this.#keep(failures);
    this.#receiver.dispatched(failures ? { status: 'processed', failures } : withoutFailures);
    this.parts.time.dropCarried();
    this.parts.scopes.remove(this.scope);
  }

  #report(failures: readonly HandlerFailure[]): void {
    const { counting, signals, time } = this.parts;
    const isWanted = signals.wants('event.processed');
    if (!isWanted && !counting.timesEvents) return;
    const { event } = this;
    const now = time.monotonic();
    const durationMs = now - (this.#startedAt ?? now);
    counting.processed(event, durationMs, failures);
    if (isWanted) {
      signals.emit({ type: 'event.processed', at: time.at(now), event, durationMs, failures });
    }
    time.carry(now);
  }

  #keep(failures: readonly HandlerFailure[]): void {
    const { errors, time } = this.parts;
    const at = time.now();
    for (const failure of failures) errors.add({ ...failure, event: this.event, at });
    if (this.scope.quiet) return;

    const data = failures.map(({ handler, error }) => ({ handler, error: toErrorData(error) }));
    const event = EventHandlerFailedEvent(
      { eventType: this.event.type, eventId: this.event.id, failures: data },
      { sessionId: this.event.sessionId },
    );
    this.parts.publishBusEvent(event, this.scope);
  }
}
