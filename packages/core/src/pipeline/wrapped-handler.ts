import type { RegisteredEventHandler } from '../handler/registered-handler.ts';
import { toError } from '../message/error-data.ts';
import type { EventOutcome } from './compose.ts';
import { isThenable } from './is-thenable.ts';
import type { HandlerCallOwner } from './handler-call-owner.ts';
import type { HandlerWatch } from './handler-watch.ts';
import { MessageContext } from './message-context.ts';
import type { EventCall, EventInvoker } from './middleware.ts';
import { Passage, type Innermost, type OutcomeReceiver } from './passage.ts';

/**
 * Calls an event handler inside middleware, invoker and attempt wrapper. Rejects, or throws at once, what the handler
 * threw.
 */
export function callWrapped(
  owner: HandlerCallOwner,
  handler: RegisteredEventHandler,
  watch: HandlerWatch | undefined,
): Promise<void> | undefined {
  const outcome = new AwaitedOutcome();
  new WrappedHandler(owner, handler, watch).begin(outcome);
  return outcome.given();
}

/** Gives an outcome that is there without a promise. */
class AwaitedOutcome implements OutcomeReceiver<EventOutcome> {
  #hasEnded = false;
  #outcome: EventOutcome = undefined;
  #settle: ((outcome: EventOutcome) => void) | undefined = undefined;

  ended(outcome: EventOutcome): void {
    this.#hasEnded = true;
    this.#outcome = outcome;
    this.#settle?.(outcome);
  }

  given(): Promise<void> | undefined {
    if (!this.#hasEnded) {
      return new Promise((resolve, reject) => {
        const settle = (outcome: EventOutcome): void =>
          outcome ? reject(outcome.thrown) : resolve();
        this.#settle = settle;
      });
    }
    if (this.#outcome) throw this.#outcome.thrown;
    return undefined;
  }
}

class WrappedHandler {
  readonly #owner: HandlerCallOwner;
  readonly #handler: RegisteredEventHandler;
  readonly #watch: HandlerWatch | undefined;
  readonly #firstContext: MessageContext;

  constructor(
    owner: HandlerCallOwner,
    handler: RegisteredEventHandler,
    watch: HandlerWatch | undefined,
  ) {
    this.#owner = owner;
    this.#handler = handler;
    this.#watch = watch;
    this.#firstContext = this.#contextFor(1);
  }

  begin(receiver: OutcomeReceiver<EventOutcome>): void {
    const { eventOnion, eventInvoker } = this.#owner.parts.wrapping;
    const call = this.#callFor(this.#firstContext);
    const innermost: Innermost<EventCall, EventOutcome> = {
      begin: (_, inner) => {
        if (eventInvoker) this.#invoke(eventInvoker, call, inner);
        else this.#attempt(1, inner);
      },
    };
    if (eventOnion) new Passage(eventOnion, call, innermost).begin(receiver);
    else innermost.begin(call, receiver);
  }

  #invoke(invoker: EventInvoker, call: EventCall, receiver: OutcomeReceiver<EventOutcome>): void {
    const invoke = (attempt: number): Promise<void> =>
      new Promise((resolve, reject) => {
        this.#attempt(attempt, {
          ended: (outcome) => (outcome ? reject(outcome.thrown) : resolve()),
        });
      });
    const invoked = async (): Promise<void> => invoker(call, invoke);
    invoked().then(
      () => receiver.ended(undefined),
      (thrown: unknown) => receiver.ended({ thrown }),
    );
  }

  #attempt(attempt: number, receiver: OutcomeReceiver<EventOutcome>): void {
    const ended = (outcome: EventOutcome): void => {
      this.#watch?.attemptFinished(
        outcome ? 'failed' : 'succeeded',
        outcome && toError(outcome.thrown),
      );
      receiver.ended(outcome);
    };
    const failed = (thrown: unknown): void => ended({ thrown });
    this.#watch?.attemptStarted(attempt);
    let returned: unknown;
    try {
      returned = this.#handle(attempt === 1 ? this.#firstContext : this.#contextFor(attempt));
    } catch (thrown) {
      failed(thrown);
      return;
    }
    if (isThenable(returned)) returned.then(() => ended(undefined), failed);
    else ended(undefined);
  }

  #handle(context: MessageContext): unknown {
    const { event, parts } = this.#owner;
    const { attemptWrapper } = parts.wrapping;
    if (!attemptWrapper) return this.#handler.handle(event, context);
    const run = async (): Promise<void> => this.#handler.handle(event, context);
    return attemptWrapper.aroundAttempt(this.#callFor(context), context.attempt, run);
  }

  #callFor(context: MessageContext): EventCall {
    const { definition, name } = this.#handler;
    const { event, parts } = this.#owner;
    return { event, definition, handler: name, context, clock: parts.wrapping.clock };
  }

  #contextFor(attempt: number): MessageContext {
    const { scope, parts } = this.#owner;
    return this.#watch?.contextFor(attempt) ?? new MessageContext(scope, parts, attempt);
  }
}
