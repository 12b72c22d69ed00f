import { AsyncResource } from 'node:async_hooks';
import { HandlerTimeoutError } from '../handler/handler-errors.ts';
import type { HandlerOutcome } from '../signals/bus-signal.ts';
import type { Deadline } from '../timing/deadlines.ts';
import { DispatchScope } from './dispatch-scope.ts';
import type { RunningHandler } from './handler-call-owner.ts';
import { MessageContext } from './message-context.ts';

/** Watches one handler call: gives up on it at its deadline, and reports its attempts. */
export class HandlerWatch {
  /** A handler that may be given up on alone has a scope of its own. */
  readonly ownScope: DispatchScope | undefined;
  readonly #call: RunningHandler;
  /** The handler's async context, to go on in after a timer or a child has ended it. */
  readonly #asyncContext: AsyncResource | undefined;
  readonly #deadline: Deadline | undefined;
  #attempt = 0;
  #attemptStartedAt: number | undefined;

  constructor(call: RunningHandler) {
    this.#call = call;
    const { timeoutMs } = call.handler;
    if (timeoutMs === undefined) return;
    const { event, scope, parts } = call.owner;
    this.ownScope = new DispatchScope(event, scope, scope.quiet);
    this.ownScope.depth = scope.depth;
    this.#asyncContext = new AsyncResource('LlmgineHandler');
    this.#deadline = parts.deadlines.set(timeoutMs, () => this.#expired(timeoutMs));
  }

  /** Runs the handler in its scope. */
  run<T>(work: () => T): T {
    return this.ownScope ? this.#call.owner.parts.scopes.runInside(this.ownScope, work) : work();
  }

  /** Goes on in the async context in which the handler was called. */
  goOn(work: () => void): void {
    this.#asyncContext?.runInAsyncScope(work);
  }

  contextFor(attempt: number): MessageContext {
    const { scope, parts, context } = this.#call.owner;
    if (!this.ownScope && attempt === 1) return context;
    return new MessageContext(this.ownScope ?? scope, parts, attempt);
  }

  attemptStarted(attempt: number): void {
    const { event, parts, reportsHandlers } = this.#call.owner;
    if (!reportsHandlers) return;
    this.#attempt = attempt;
    this.#attemptStartedAt = parts.time.monotonic();
    parts.signals.emit({
      type: 'handler.started',
      at: parts.time.at(this.#attemptStartedAt),
      message: event,
      handler: this.#call.handler.name,
      attempt,
    });
  }

  attemptFinished(outcome: HandlerOutcome, error: Error | undefined): void {
    if (this.#attemptStartedAt === undefined) return;
    const { event, parts } = this.#call.owner;
    const now = parts.time.monotonic();
    parts.signals.emit({
      type: 'handler.finished',
      at: parts.time.at(now),
      message: event,
      handler: this.#call.handler.name,
      attempt: this.#attempt,
      durationMs: now - this.#attemptStartedAt,
      outcome,
      ...(error && { error }),
    });
    this.#attemptStartedAt = undefined;
  }

  ended(outcome: HandlerOutcome): void {
    this.#deadline?.cancel();
    if (this.ownScope) this.ownScope.open = false;
    this.attemptFinished(outcome, this.#call.error);
  }

  #expired(timeoutMs: number): void {
    const call = this.#call;
    const error = new HandlerTimeoutError(call.handler.name, timeoutMs);
    const scope = this.ownScope!; // made together with the deadline
    scope.open = false;
    scope.abortSignal(error);
    call.owner.parts.scopes.abortInside(scope, error);
    call.end(error, 'timed-out');
    this.goOn(() => call.owner.callSettled(call));
  }
}
