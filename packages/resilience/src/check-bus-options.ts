import { createOptionChecker, type OptionChecker } from '@llmgine/core';
import { checkBulkheadOptions } from './bulkhead.ts';
import { checkCircuitBreakerOptions } from './circuit-breaker/circuit-breaker-options.ts';
import { checkQueueOptions } from './queue/bounded-queue-options.ts';
import { checkRateLimiterOptions } from './rate-limiter.ts';
import type { ResilientMessageBusOptions } from './resilient-message-bus.ts';
import { checkRetryOptions } from './retry/retry-policy.ts';

/** @throws InvalidOptionsError with all problems at once */
export function assertBusOptions(options: ResilientMessageBusOptions): void {
  const check = createOptionChecker('create resilient bus');
  checkQueueOptions(
    check,
    { ...options, capacity: options.eventQueueSize, strategy: options.backpressureStrategy },
    { capacity: 'eventQueueSize', strategy: 'backpressureStrategy' },
  );
  checkRetryOptions(check, options.retry ?? {}, 'retry.');
  if (options.circuitBreaker !== false) {
    checkCircuitBreakerOptions(check, options.circuitBreaker ?? {}, 'circuitBreaker.');
  }
  check.function('breakerKey', options.breakerKey);
  check.number('maxBreakers', options.maxBreakers, { min: 1, integer: true });
  check.number('maxDeadLetters', options.maxDeadLetters, { min: 1, integer: true });
  checkGuards(check, options);
  if (options.events !== undefined) {
    check.require(options.events?.retry !== undefined, 'events.retry must be given');
    checkRetryOptions(check, options.events?.retry ?? {}, 'events.retry.');
  }
  refusePorts(check, options);
  check.done();
}

function checkGuards(
  check: OptionChecker,
  { bulkhead, rateLimiter }: ResilientMessageBusOptions,
): void {
  if (bulkhead !== undefined) {
    checkBulkheadOptions(check, bulkhead, 'bulkhead.');
    check.function('bulkhead.key', bulkhead.key);
  }
  if (rateLimiter === undefined) return;
  checkRateLimiterOptions(check, rateLimiter, 'rateLimiter.');
  check.function('rateLimiter.key', rateLimiter.key);
  check.function('rateLimiter.tokens', rateLimiter.tokens);
  check.function('rateLimiter.usedTokens', rateLimiter.usedTokens);
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
