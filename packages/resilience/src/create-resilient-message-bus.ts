import {
  createMessageBus,
  messageBusOptionNames,
  type CommandMessage,
  type EventInvoker,
  type MessageBusOptions,
} from '@llmgine/core';
import { createMemoryDeadLetterStore } from '@llmgine/core/stores';
import { bulkhead as createBulkhead } from './bulkhead.ts';
import { assertBusOptions } from './check-bus-options.ts';
import { Circuits } from './circuits.ts';
import { DeadLetterQueue } from './dead-letter/dead-letter-queue.ts';
import { DeadLetterRetry } from './dead-letter/dead-letter-retry.ts';
import {
  GuardedAttempts,
  type CommandBulkhead,
  type CommandRateLimiter,
} from './guarded-attempts.ts';
import { createBoundedEventQueue } from './queue/bounded-event-queue.ts';
import { rateLimiter as createRateLimiter } from './rate-limiter.ts';
import { createResilientEventInvoker } from './resilient-event-invoker.ts';
import { createResilientInvoker } from './resilient-invoker.ts';
import type {
  CommandKey,
  ResilientMessageBus,
  ResilientMessageBusOptions,
} from './resilient-message-bus.ts';
import { RetryBudget } from './retry/retry-budget.ts';
import { createRetryPolicy } from './retry/retry-policy.ts';
import { askCallback, wiringOf, type Wiring } from './wiring.ts';

/**
 * Makes a bus for production loads: the bus of core with a bounded queue and an invoker that retries.
 * @throws InvalidOptionsError with all problems at once
 */
export function createResilientMessageBus(
  options: ResilientMessageBusOptions = {},
): ResilientMessageBus {
  assertBusOptions(options);
  const wiring = wiringOf(options);
  const { dropOldest, highWaterMark, lowWaterMark } = options;
  const queue = createBoundedEventQueue({
    ...wiring,
    capacity: options.eventQueueSize,
    strategy: options.backpressureStrategy,
    dropOldest,
    highWaterMark,
    lowWaterMark,
  });
  const circuits = circuitsOf(options, wiring);
  const deadLetters = deadLettersOf(options, wiring);
  const invoker = createResilientInvoker({
    policy: createRetryPolicy(options.retry ?? {}, wiring),
    circuits,
    circuitKeyOf: keyOf(options.breakerKey, 'breakerKey', wiring),
    deadLetters,
    attempts: new GuardedAttempts({
      bulkhead: bulkheadOf(options, wiring),
      rateLimiter: rateLimiterOf(options, wiring),
      wiring,
    }),
    wiring,
  });
  const eventInvoker = eventInvokerOf(options, deadLetters, wiring);
  const bus = createMessageBus({
    ...ofCore(options),
    ...wiring,
    queue,
    invoker,
    ...(eventInvoker && { eventInvoker }),
  });
  const retriesEvents = eventInvoker !== undefined;
  const retry = new DeadLetterRetry(deadLetters, { ...bus, retriesEvents }, wiring);

  return {
    ...bus,
    getQueueMetrics: () => queue.metrics(),
    getDeadLetterEntries: (query) => deadLetters.list(query),
    retryDeadLetterEntry: (id, how) => retry.one(id, how),
    retryDeadLetters: (filter, how) => retry.many(filter, how),
    discardDeadLetterEntry: (id) => deadLetters.discard(id),
    purgeDeadLetters: (filter) => deadLetters.purge(filter),
    getCircuitBreakerStates: () => circuits.states(),
    isolateCircuitBreaker: (key) => circuits.isolate(key),
    closeCircuitBreaker: (key) => circuits.close(key),
  };
}

/** The options that are those of every bus. */
function ofCore(options: ResilientMessageBusOptions): MessageBusOptions {
  const entries = Object.entries(options);
  return Object.fromEntries(entries.filter(([name]) => Object.hasOwn(messageBusOptionNames, name)));
}

function circuitsOf(
  { circuitBreaker = {}, retry, maxBreakers = 10_000 }: ResilientMessageBusOptions,
  wiring: Wiring,
): Circuits {
  const budget = retry?.budget ?? {};
  return new Circuits({ breaker: circuitBreaker, budget, maxKeys: maxBreakers }, wiring);
}

function deadLettersOf(
  { deadLetterStore, maxDeadLetters = 1_000 }: ResilientMessageBusOptions,
  wiring: Wiring,
): DeadLetterQueue {
  const store = deadLetterStore ?? createMemoryDeadLetterStore(wiring);
  return new DeadLetterQueue({ store, capacity: maxDeadLetters }, wiring);
}

function bulkheadOf(
  { bulkhead }: ResilientMessageBusOptions,
  wiring: Wiring,
): CommandBulkhead | undefined {
  if (!bulkhead) return undefined;
  const { key, ...slots } = bulkhead;
  return { bulkhead: createBulkhead(slots), keyOf: keyOf(key, 'bulkhead.key', wiring) };
}

function rateLimiterOf(
  { rateLimiter }: ResilientMessageBusOptions,
  wiring: Wiring,
): CommandRateLimiter | undefined {
  if (!rateLimiter) return undefined;
  const { key, tokens, usedTokens, ...rates } = rateLimiter;
  return {
    limiter: createRateLimiter({ clock: wiring.clock, ...rates }),
    keyOf: keyOf(key, 'rateLimiter.key', wiring),
    tokensOf: (command) =>
      tokens
        ? askCallback(wiring, () => tokens(command), {
            callback: 'rateLimiter.tokens',
            otherwise: 0,
          })
        : 0,
    usedTokensOf: usedTokens,
  };
}

function eventInvokerOf(
  { events }: ResilientMessageBusOptions,
  deadLetters: DeadLetterQueue,
  wiring: Wiring,
): EventInvoker | undefined {
  if (!events) return undefined;
  const { retry } = events;
  return createResilientEventInvoker({
    policy: createRetryPolicy(retry, wiring),
    budget: retry.budget === false ? undefined : new RetryBudget(retry.budget ?? {}, wiring.clock),
    deadLetters,
    wiring,
  });
}

function keyOf(key: CommandKey | undefined, callback: string, wiring: Wiring): CommandKey {
  if (!key) return typeOf;
  return (command) =>
    askCallback(wiring, () => asKey(key(command)), { callback, otherwise: command.type });
}

/** What the compiler promises, a program without it may break. */
function asKey(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`A key must be a string, got ${typeof value}.`);
}

function typeOf({ type }: CommandMessage): string {
  return type;
}
