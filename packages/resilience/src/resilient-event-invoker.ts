import {
  HandlerTimeoutError,
  isBusEventType,
  type EventCall,
  type EventInvoker,
} from '@llmgine/core';
import type { DeadLetterQueue } from './dead-letter/dead-letter-queue.ts';
import { handlerToRetry } from './dead-letter/retried-event.ts';
import { recover, type Recoverable } from './retry/recovery.ts';
import type { RetryBudget } from './retry/retry-budget.ts';
import type { RetryPolicy } from './retry/retry-policy.ts';
import { watchedAttempt } from './watched-attempt.ts';
import type { Wiring } from './wiring.ts';

/** What the invoker of event handlers brings together. */
export interface ResilientEventInvokerParts {
  readonly policy: RetryPolicy;
  readonly budget: RetryBudget | undefined;
  readonly deadLetters: DeadLetterQueue;
  readonly wiring: Wiring;
}

type Invoke = Parameters<EventInvoker>[1];

/**
 * Makes the invoker that calls event handlers again where they fail. Handlers of the bus's own events are called once:
 * what fails about a failure must end somewhere.
 */
export function createResilientEventInvoker(parts: ResilientEventInvokerParts): EventInvoker {
  return async (call, invoke) => {
    const only = handlerToRetry(call.event);
    if (only !== undefined && only !== call.handler) return;
    if (isBusEventType(call.event.type)) await invoke(1);
    else await invokeAgain(call, invoke, parts);
  };
}

async function invokeAgain(
  call: EventCall,
  invoke: Invoke,
  { policy, budget, deadLetters, wiring }: ResilientEventInvokerParts,
): Promise<void> {
  const { clock } = wiring;
  if (budget) budget.calls++;
  const startedAt = clock.monotonic();
  const work = recoverable(call, invoke, { startedAt, wiring });
  const first = await work.attempt(1, policy.firstTimeoutMs);
  if (first.success) return;

  const recovered = await recover(work, first, { policy, budget, clock });
  const { outcome, attempts, givenUp: reason, discarded } = recovered;
  if (outcome.success || discarded) return;
  const { error } = outcome;
  if (reason) {
    const { event: message, handler } = call;
    const firstAttemptAt = Math.floor(clock.now() - (clock.monotonic() - startedAt));
    await deadLetters.add({ message, handler, error, attempts, firstAttemptAt, reason });
  }
  throw error;
}

function recoverable(
  { context, event, handler }: EventCall,
  invoke: Invoke,
  { startedAt, wiring }: { readonly startedAt: number; readonly wiring: Wiring },
): Recoverable<void> {
  const { clock, signals } = wiring;
  return {
    once: false,
    startedAt,
    signal: () => context.signal,
    attempt: (attempt, timeoutMs) =>
      watchedAttempt(() => invoke(attempt), { signal: context.signal, timeoutMs, handler, clock }),
    timedOut: (timeoutMs) => new HandlerTimeoutError(handler, timeoutMs),
    aborted: (_, cause) => cause,
    retrying(attempt, delayMs, error) {
      if (!signals.wants('event-handler.retried')) return;
      const at = clock.now();
      signals.emit({ type: 'event-handler.retried', at, event, handler, attempt, delayMs, error });
    },
  };
}
