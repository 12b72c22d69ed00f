import { AsyncResource } from 'node:async_hooks';
import { HandlerAbortedError, HandlerTimeoutError } from '../errors.ts';
import type { RegisteredEventHandler } from '../handler/registered-handler.ts';
import { toError } from '../message/error-data.ts';
import type { EventMessage } from '../message/message.ts';
import type { HandlerOutcome } from '../signals/bus-signal.ts';
import type { Deadline } from '../timing/deadlines.ts';
import { DispatchScope } from './dispatch-scope.ts';
import { MessageContext } from './message-context.ts';
import type { EventCall } from './middleware.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** Who waits for a handler call. */
export interface HandlerCallOwner {
  readonly event: EventMessage;
  readonly scope: DispatchScope;
  /** Shared by the calls that need none of their own. */
  readonly context: MessageContext;
  callSettled(call: HandlerCall): void;
}

/** One handler's handling of one event. */
export class HandlerCall {
  readonly handler: RegisteredEventHandler;
  error: Error | undefined;
  settled = false;
  readonly #owner: HandlerCallOwner;
  readonly #parts: PipelineParts;
  readonly #reports: boolean;
  /** A handler that may be given up on alone has a scope of its own. */
  #ownScope: DispatchScope | undefined;
  #deadline: Deadline | undefined;
  /** The handler's async context, to go on in after a timer or a child has ended it. */
  #context: AsyncResource | undefined;
  #attempt = 0;
  #attemptOpen = false;
  #attemptStartedAt = 0;

  constructor(
    handler: RegisteredEventHandler,
    owner: HandlerCallOwner,
    parts: PipelineParts,
    reports: boolean,
  ) {
    this.handler = handler;
    this.#owner = owner;
    this.#parts = parts;
    this.#reports = reports;
  }

  /** Calls the handler; gives back true when it settled at once. */
  begin(): boolean {
    const { timeoutMs } = this.handler;
    if (timeoutMs !== undefined) this.#watchDeadline(timeoutMs);
    try {
      const returned = this.#ownScope
        ? this.#parts.scopes.runInside(this.#ownScope, () => this.#invoke())
        : this.#invoke();
      if (isThenable(returned)) {
        returned.then(
          () => this.#handlerReturned(),
          (thrown: unknown) => this.#handlerThrew(thrown),
        );
        return false;
      }
      this.#settle(undefined, 'succeeded');
    } catch (thrown) {
      this.#settle(toError(thrown), 'failed');
    }
    return this.settled;
  }

  /** Gives up on the handler. */
  abandon(reason: unknown): void {
    if (this.settled) return;
    this.#ownScope?.abortSignal(reason);
    if (this.#ownScope) this.#ownScope.open = false;
    this.#end(new HandlerAbortedError(this.handler.name, reason), 'aborted');
  }

  #watchDeadline(timeoutMs: number): void {
    const { event, scope } = this.#owner;
    this.#ownScope = new DispatchScope(event, scope, scope.quiet);
    this.#ownScope.generation = scope.generation;
    this.#context = new AsyncResource('LlmgineHandler');
    this.#deadline = this.#parts.deadlines.set(timeoutMs, () => this.#timedOut(timeoutMs));
  }

  #timedOut(timeoutMs: number): void {
    const error = new HandlerTimeoutError(this.handler.name, timeoutMs);
    const scope = this.#ownScope!;
    scope.open = false;
    scope.abortSignal(error);
    this.#parts.scopes.abortInside(scope, error);
    this.#end(error, 'timed-out');
    this.#context!.runInAsyncScope(() => this.#owner.callSettled(this));
  }

  #invoke(): unknown {
    const { wrapping } = this.#parts;
    if (wrapping.eventOnion || wrapping.eventInvoker || wrapping.attemptWrapper)
      return this.#invokeWrapped();
    this.#attemptStarted(1);
    return this.handler.handle(
      this.#owner.event,
      this.#ownScope ? this.#contextFor(1) : this.#owner.context,
    );
  }

  #invokeWrapped(): Promise<void> {
    const { eventOnion, eventInvoker } = this.#parts.wrapping;
    const innermost = (call: EventCall): Promise<void> =>
      eventInvoker
        ? eventInvoker(call, (attempt) => this.#runAttempt(attempt))
        : this.#runAttempt(1);
    const call = this.#callFor(this.#contextFor(1));
    return eventOnion ? eventOnion(call, innermost) : innermost(call);
  }

  async #runAttempt(attempt: number): Promise<void> {
    const { attemptWrapper } = this.#parts.wrapping;
    const context = this.#contextFor(attempt);
    const run = async (): Promise<void> => {
      await this.handler.handle(this.#owner.event, context);
    };
    this.#attemptStarted(attempt);
    try {
      await (attemptWrapper
        ? attemptWrapper.aroundAttempt(this.#callFor(context), attempt, run)
        : run());
      this.#attemptFinished('succeeded', undefined);
    } catch (thrown) {
      this.#attemptFinished('failed', toError(thrown));
      throw thrown;
    }
  }

  #callFor(context: MessageContext): EventCall {
    return {
      event: this.#owner.event,
      definition: this.handler.definition,
      handler: this.handler.name,
      context,
    };
  }

  #contextFor(attempt: number): MessageContext {
    const { scopes, sender } = this.#parts;
    return new MessageContext(this.#ownScope ?? this.#owner.scope, scopes, sender, attempt);
  }

  #handlerReturned(): void {
    if (this.settled) this.#reportLate(undefined);
    else if (this.#settle(undefined, 'succeeded')) this.#owner.callSettled(this);
  }

  #handlerThrew(thrown: unknown): void {
    if (this.settled) this.#reportLate(toError(thrown));
    else if (this.#settle(toError(thrown), 'failed')) this.#owner.callSettled(this);
  }

  /** False: what the handler published inline has not ended, and it ends with that. */
  #settle(error: Error | undefined, outcome: HandlerOutcome): boolean {
    const scope = this.#ownScope;
    if (scope && scope.children > 0) {
      scope.whenChildless = () => {
        if (this.settled) return;
        this.#end(error, outcome);
        this.#context!.runInAsyncScope(() => this.#owner.callSettled(this));
      };
      return false;
    }
    this.#end(error, outcome);
    return true;
  }

  #end(error: Error | undefined, outcome: HandlerOutcome): void {
    this.settled = true;
    this.error = error;
    this.#deadline?.cancel();
    if (this.#ownScope) this.#ownScope.open = false;
    if (this.#attemptOpen) this.#attemptFinished(outcome, error);
  }

  #attemptStarted(attempt: number): void {
    if (!this.#reports) return;
    const { signals, time } = this.#parts;
    this.#attempt = attempt;
    this.#attemptOpen = true;
    this.#attemptStartedAt = time.monotonic();
    signals.emit({
      type: 'handler.started',
      at: time.at(this.#attemptStartedAt),
      message: this.#owner.event,
      handler: this.handler.name,
      attempt,
    });
  }

  #attemptFinished(outcome: HandlerOutcome, error: Error | undefined): void {
    if (!this.#attemptOpen) return;
    this.#attemptOpen = false;
    const { signals, time } = this.#parts;
    const now = time.monotonic();
    signals.emit({
      type: 'handler.finished',
      at: time.at(now),
      message: this.#owner.event,
      handler: this.handler.name,
      attempt: this.#attempt,
      durationMs: now - this.#attemptStartedAt,
      outcome,
      ...(error && { error }),
    });
  }

  #reportLate(error: Error | undefined): void {
    const { signals, time } = this.#parts;
    if (!signals.active) return;
    signals.emit({
      type: 'handler.settled-late',
      at: time.now(),
      message: this.#owner.event,
      handler: this.handler.name,
      ...(error && { error }),
    });
  }
}

/** Handlers may return promises that are not native. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
