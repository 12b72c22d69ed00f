import {
  HandlerAbortedError,
  HandlerTimeoutError,
  isBusEventType,
  toError,
  type EventCall,
  type EventInvoker,
  type EventMessage,
} from '@llmgine/core';
import { EqualDeadlines } from '@llmgine/core/timing';
import type { DeadLetterQueue } from './dead-letter/dead-letter-queue.ts';
import { recover, type Attempt } from './retry/recovery.ts';
import type { RetryBudget } from './retry/retry-budget.ts';
import type { RetryPolicy } from './retry/retry-policy.ts';
import type { Wiring } from './wiring.ts';

/** What the invoker of event handlers brings together. */
export interface ResilientEventInvokerParts {
  readonly policy: RetryPolicy;
  readonly budget: RetryBudget | undefined;
  readonly deadLetters: DeadLetterQueue;
  readonly wiring: Wiring;
}

/** Calls event handlers, again where they fail. */
export interface ResilientEventInvoker {
  readonly invoke: EventInvoker;
  /** Delivers an event to one more of its handlers, and to no others, while it lasts. */
  onlyTo(event: EventMessage, handler: string): Disposable;
}

/** Makes the invoker. Handlers of the bus's own events are called once: what fails about a failure must end somewhere. */
export function createResilientEventInvoker({
  policy,
  budget,
  deadLetters,
  wiring,
}: ResilientEventInvokerParts): ResilientEventInvoker {
  const { clock, signals } = wiring;
  /** Which handlers events go to that are sent again; their others have handled them. */
  const only = new Map<string, Set<string>>();

  return {
    async invoke(call, invoke) {
      if (isLeftOut(call)) return;
      if (isBusEventType(call.event.type)) return invoke(1);
      await invokeAgain(call, invoke);
    },
    onlyTo(event, handler) {
      const handlers = only.get(event.id) ?? new Set();
      only.set(event.id, handlers.add(handler));
      return {
        [Symbol.dispose]: () => {
          handlers.delete(handler);
          if (handlers.size === 0) only.delete(event.id);
        },
      };
    },
  };

  function isLeftOut({ event, handler }: EventCall): boolean {
    return only.size > 0 && only.get(event.id)?.has(handler) === false;
  }

  async function invokeAgain(
    call: EventCall,
    invoke: (attempt: number) => Promise<void>,
  ): Promise<void> {
    if (budget) budget.calls++;
    const startedAt = clock.monotonic();
    const { context, event, handler } = call;
    const attempt = (number: number, timeoutMs: number | undefined): Promise<Attempt<void>> =>
      attemptOnce(() => invoke(number), { signal: context.signal, timeoutMs, handler });

    const first = await attempt(1, policy.firstTimeoutMs);
    if (first.success) return;
    const { outcome, attempts, givenUp, discarded } = await recover(
      {
        once: false,
        startedAt,
        signal: () => context.signal,
        attempt,
        timedOut: (timeoutMs) => new HandlerTimeoutError(handler, timeoutMs),
        aborted: (_, cause) => cause,
        retrying: (number, delayMs, error) =>
          signals.emit({
            type: 'event-handler.retried',
            at: clock.now(),
            event,
            handler,
            attempt: number,
            delayMs,
            error,
          }),
      },
      first,
      { policy, budget, clock },
    );
    if (outcome.success || discarded) return;
    if (givenUp) {
      const firstAttemptAt = Math.floor(clock.now() - (clock.monotonic() - startedAt));
      const { error } = outcome;
      await deadLetters.add({
        message: event,
        handler,
        error,
        attempts,
        firstAttemptAt,
        reason: givenUp,
      });
    }
    throw outcome.error;
  }

  /** A handler that was given up on may never settle, so its signal and its time are watched too. */
  function attemptOnce(
    run: () => Promise<void>,
    {
      signal,
      timeoutMs,
      handler,
    }: {
      readonly signal: AbortSignal;
      readonly timeoutMs: number | undefined;
      readonly handler: string;
    },
  ): Promise<Attempt<void>> {
    return new Promise((resolve) => {
      const deadlines = timeoutMs === undefined ? undefined : new EqualDeadlines(timeoutMs, clock);
      const deadline = {
        before: undefined,
        after: undefined,
        dueAt: 0,
        expire: () => end(new HandlerTimeoutError(handler, timeoutMs ?? 0)),
      };
      const aborted = (): void => end(reasonOf(signal, handler));
      const end = (thrown: unknown): void => {
        signal.removeEventListener('abort', aborted);
        deadlines?.stop(deadline);
        resolve({ success: false, error: toError(thrown) });
      };
      signal.addEventListener('abort', aborted, { once: true });
      deadlines?.start(deadline);
      run().then(() => {
        signal.removeEventListener('abort', aborted);
        deadlines?.stop(deadline);
        resolve({ success: true, result: undefined });
      }, end);
    });
  }
}

function reasonOf(signal: AbortSignal, handler: string): unknown {
  const reason: unknown = signal.reason;
  return reason instanceof HandlerTimeoutError ? reason : new HandlerAbortedError(handler, reason);
}
