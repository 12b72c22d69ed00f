import {
  createOptionChecker,
  messageBusOptionNames,
  type OptionChecker,
  type OptionNames,
} from '@llmgine/core';
import { bulkheadOptionNames, checkBulkheadOptions } from './bulkhead.ts';
import {
  checkCircuitBreakerOptions,
  circuitBreakerOptionNames,
} from './circuit-breaker/circuit-breaker-options.ts';
import { checkQueueOptions } from './queue/bounded-queue-options.ts';
import { checkRateLimiterOptions, rateLimiterOptionNames } from './rate-limiter.ts';
import type {
  CommandBulkheadOptions,
  CommandRateLimiterOptions,
  ResilientMessageBusOptions,
} from './resilient-message-bus.ts';
import { checkRetryOptions, retryOptionNames } from './retry/retry-policy.ts';

/** With the ports that are its own, which `refusePorts` says more about. */
const optionNames: OptionNames<ResilientMessageBusOptions> = {
  ...messageBusOptionNames,
  dropOldest: true,
  highWaterMark: true,
  lowWaterMark: true,
  eventQueueSize: true,
  backpressureStrategy: true,
  retry: true,
  circuitBreaker: true,
  breakerKey: true,
  maxBreakers: true,
  deadLetterStore: true,
  maxDeadLetters: true,
  bulkhead: true,
  rateLimiter: true,
  events: true,
};

/** @throws InvalidOptionsError with all problems at once */
export function assertBusOptions(given: ResilientMessageBusOptions): void {
  const check = createOptionChecker('create resilient bus');
  const options = check.options(given, optionNames);
  checkQueueOptions(
    check,
    { ...options, capacity: options.eventQueueSize, strategy: options.backpressureStrategy },
    { capacity: 'eventQueueSize', strategy: 'backpressureStrategy' },
  );
  checkRetryOptions(check, check.options(options.retry, retryOptionNames, 'retry'), 'retry.');
  checkCircuits(check, options);
  check.number('maxDeadLetters', options.maxDeadLetters, { min: 1, integer: true });
  check.methods('deadLetterStore', options.deadLetterStore, ['add', 'claim', 'settle', 'list']);
  checkGuards(check, options);
  checkEvents(check, options);
  refusePorts(check, options);
  check.done();
}

function checkCircuits(
  check: OptionChecker,
  { circuitBreaker, breakerKey, maxBreakers }: ResilientMessageBusOptions,
): void {
  if (circuitBreaker !== false) {
    const options = check.options(circuitBreaker, circuitBreakerOptionNames, 'circuitBreaker');
    checkCircuitBreakerOptions(check, options, 'circuitBreaker.');
  }
  check.function('breakerKey', breakerKey);
  check.number('maxBreakers', maxBreakers, { min: 1, integer: true });
}

function checkGuards(
  check: OptionChecker,
  { bulkhead, rateLimiter }: ResilientMessageBusOptions,
): void {
  if (bulkhead !== undefined) {
    const options = check.options(bulkhead, commandBulkheadNames, 'bulkhead');
    checkBulkheadOptions(check, options, 'bulkhead.');
    check.function('bulkhead.key', options.key);
  }
  if (rateLimiter === undefined) return;
  const options = check.options(rateLimiter, commandRateLimiterNames, 'rateLimiter');
  checkRateLimiterOptions(check, options, 'rateLimiter.');
  check.function('rateLimiter.key', options.key);
  check.function('rateLimiter.tokens', options.tokens);
  check.function('rateLimiter.usedTokens', options.usedTokens);
}

const commandBulkheadNames: OptionNames<CommandBulkheadOptions> = {
  ...bulkheadOptionNames,
  key: true,
};

const commandRateLimiterNames: OptionNames<CommandRateLimiterOptions> = {
  ...rateLimiterOptionNames,
  key: true,
  tokens: true,
  usedTokens: true,
};

function checkEvents(check: OptionChecker, { events }: ResilientMessageBusOptions): void {
  if (events === undefined) return;
  const { retry } = check.options(events, { retry: true }, 'events');
  check.require(retry !== undefined, 'events.retry must be given');
  const options = check.options(retry, retryOptionNames, 'events.retry');
  checkRetryOptions(check, options, 'events.retry.');
}

/** The compiler refuses these too; without it they would be ignored. */
function refusePorts(check: OptionChecker, options: object): void {
  for (const port of ['queue', 'invoker', 'eventInvoker']) {
    check.require(
      (options as Record<string, unknown>)[port] === undefined,
      `${port} is the resilient bus's own; give it to createMessageBus instead`,
    );
  }
}
