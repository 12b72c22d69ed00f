import { EventHandlerFailedEvent } from '../bus/bus-events.ts';
import type { PublishReceipt } from '../bus/publish-receipt.ts';
import type { EventPlan } from '../handler/priority-groups.ts';
import { toErrorData } from '../message/error-data.ts';
import type { EventMessage } from '../message/message.ts';
import type { HandlerFailure } from '../signals/bus-signal.ts';
import type { Abortable, DispatchScope } from './dispatch-scope.ts';
import { HandlerCall, type HandlerCallOwner } from './handler-call.ts';
import { MessageContext } from './message-context.ts';
import type { PipelineParts } from './pipeline-parts.ts';

const noFailures: readonly HandlerFailure[] = Object.freeze([]);
const processedWithoutFailures: PublishReceipt = Object.freeze({
  status: 'processed',
  failures: noFailures,
});

/**
 * Delivers one event: its priority groups one after another, the handlers of a group together. Written as steps
 * rather than as an async function, since a promise per group and handler would cost more than the handlers.
 */
export class EventDispatch implements Abortable, HandlerCallOwner {
  readonly event: EventMessage;
  readonly scope: DispatchScope;
  readonly #parts: PipelineParts;
  readonly #plan: EventPlan;
  readonly #done: (receipt: PublishReceipt) => void;
  readonly #reportsHandlers: boolean;
  #context: MessageContext | undefined;
  #startedAt = 0;
  #nextGroup = 0;
  /** Of the present group. */
  #calls: HandlerCall[] = [];
  #pending = 0;
  #failures: HandlerFailure[] | undefined;
  #ended = false;

  constructor(scope: DispatchScope, parts: PipelineParts, done: (receipt: PublishReceipt) => void) {
    this.event = scope.message as EventMessage;
    this.scope = scope;
    this.#parts = parts;
    this.#plan = parts.registry.eventPlan(this.event);
    this.#done = done;
    const { signals } = parts;
    this.#reportsHandlers =
      signals.active && (signals.wants('handler.started') || signals.wants('handler.finished'));
    scope.owner = this;
    parts.scopes.add(scope);
  }

  get context(): MessageContext {
    return (this.#context ??= new MessageContext(
      this.scope,
      this.#parts.scopes,
      this.#parts.sender,
      1,
    ));
  }

  /** To be called inside the scope. */
  start(): void {
    const { signals, time } = this.#parts;
    if (signals.wants('event.processed')) this.#startedAt = time.monotonic();
    this.#runGroups();
  }

  callSettled(call: HandlerCall): void {
    if (call.error) this.#failed(call);
    if (--this.#pending === 0) this.#runGroups();
  }

  abort(reason: unknown): void {
    if (this.#ended) return;
    this.#nextGroup = this.#plan.groups.length;
    this.scope.open = false;
    this.scope.abortSignal(reason);
    for (const call of this.#calls) {
      if (call.settled) continue;
      call.abandon(reason);
      this.#failed(call);
    }
    this.#parts.scopes.abortInside(this.scope, reason);
    this.#end();
  }

  #runGroups(): void {
    const { groups } = this.#plan;
    while (!this.#ended && this.#nextGroup < groups.length) {
      const group = groups[this.#nextGroup++]!;
      this.#calls = [];
      // One more than run, so that handlers that settle meanwhile do not start the next group.
      this.#pending = 1;
      for (const handler of group) {
        const call = new HandlerCall(handler, this, this.#parts, this.#reportsHandlers);
        this.#calls.push(call);
        this.#pending++;
        if (!call.begin()) continue;
        if (call.error) this.#failed(call);
        this.#pending--;
      }
      if (--this.#pending > 0) return;
    }
    if (this.scope.children > 0) this.scope.whenChildless = () => this.#end();
    else this.#end();
  }

  #failed({ handler, error }: HandlerCall): void {
    (this.#failures ??= []).push({ handler: handler.name, error: error! });
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.scope.open = false;
    const failures = this.#failures ?? noFailures;

    this.#report(failures);
    if (failures.length > 0) this.#keep(failures);
    this.#done(
      failures === noFailures ? processedWithoutFailures : { status: 'processed', failures },
    );
    this.#parts.scopes.remove(this.scope);
  }

  #report(failures: readonly HandlerFailure[]): void {
    const { signals, time } = this.#parts;
    if (!signals.wants('event.processed')) return;
    const now = time.monotonic();
    signals.emit({
      type: 'event.processed',
      at: time.at(now),
      event: this.event,
      durationMs: now - this.#startedAt,
      failures,
    });
  }

  #keep(failures: readonly HandlerFailure[]): void {
    const { errors, time } = this.#parts;
    const at = time.now();
    for (const failure of failures) errors.add({ ...failure, event: this.event, at });
    if (this.scope.quiet) return;

    const data = failures.map(({ handler, error }) => ({ handler, error: toErrorData(error) }));
    const event = EventHandlerFailedEvent(
      { eventType: this.event.type, eventId: this.event.id, failures: data },
      { sessionId: this.event.sessionId },
    );
    this.#parts.publishBusEvent(event, this.scope);
  }
}
