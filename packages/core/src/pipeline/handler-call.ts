import type { RegisteredEventHandler } from '../handler/registered-handler.ts';
import { toError } from '../message/error-data.ts';
import type { HandlerOutcome } from '../signals/bus-signal.ts';
import type { HandlerCallOwner, RunningHandler } from './handler-call-owner.ts';
import { HandlerWatch } from './handler-watch.ts';
import { isThenable } from './is-thenable.ts';
import { callWrapped } from './wrapped-handler.ts';

/** One handler's handling of one event. Kept small: what only few calls need is in its watch. */
export class HandlerCall implements RunningHandler {
  readonly handler: RegisteredEventHandler;
  readonly owner: HandlerCallOwner;
  /** The call that was begun before this one in its group. */
  readonly before: HandlerCall | undefined;
  error: Error | undefined = undefined;
  settled = false;
  /** Its deadline and what is reported of it, where there is such a thing. */
  #watch: HandlerWatch | undefined = undefined;

  constructor(
    handler: RegisteredEventHandler,
    owner: HandlerCallOwner,
    before: HandlerCall | undefined,
  ) {
    this.handler = handler;
    this.owner = owner;
    this.before = before;
  }

  /** Calls the handler; gives back true when it settled at once. */
  begin(): boolean {
    if (this.handler.timeoutMs !== undefined || this.owner.reportsHandlers) {
      this.#watch = new HandlerWatch(this);
    }
    try {
      const returned = this.#watch ? this.#watch.run(() => this.#invoke()) : this.#invoke();
      if (isThenable(returned)) {
        returned.then(
          () => this.#returned(undefined, 'succeeded'),
          (thrown: unknown) => this.#returned(toError(thrown), 'failed'),
        );
        return false;
      }
      return this.#settle(undefined, 'succeeded');
    } catch (thrown) {
      return this.#settle(toError(thrown), 'failed');
    }
  }

  /** The call is over, whatever the handler does from now on. */
  end(error: Error | undefined, outcome: HandlerOutcome): void {
    this.settled = true;
    this.error = error;
    this.#watch?.ended(outcome);
  }

  /** Gives up on the handler. */
  abandon(error: Error, reason: unknown): void {
    this.#watch?.ownScope?.abortSignal(reason);
    this.end(error, 'aborted');
  }

  #invoke(): unknown {
    const { wrapping } = this.owner.parts;
    if (wrapping.eventOnion || wrapping.eventInvoker || wrapping.attemptWrapper) {
      return callWrapped(this.owner, this.handler, this.#watch);
    }
    if (!this.#watch) return this.handler.handle(this.owner.event, this.owner.context);
    this.#watch.attemptStarted(1);
    return this.handler.handle(this.owner.event, this.#watch.contextFor(1));
  }

  #returned(error: Error | undefined, outcome: HandlerOutcome): void {
    if (this.settled) this.#reportLate(error);
    else if (this.#settle(error, outcome)) this.owner.callSettled(this);
  }

  /** False: what the handler published inline has not ended, and the call ends with that. */
  #settle(error: Error | undefined, outcome: HandlerOutcome): boolean {
    const watch = this.#watch;
    if (watch?.ownScope?.hasChildren) {
      const goOn = (): void => watch.goOn(() => this.#returned(error, outcome));
      watch.ownScope.whenChildless = goOn;
      return false;
    }
    this.end(error, outcome);
    return true;
  }

  #reportLate(error: Error | undefined): void {
    const { signals, time } = this.owner.parts;
    if (!signals.active) return;
    signals.emit({
      type: 'handler.settled-late',
      at: time.now(),
      message: this.owner.event,
      handler: this.handler.name,
      ...(error && { error }),
    });
  }
}
