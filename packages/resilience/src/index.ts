export {
  bulkhead,
  type Bulkhead,
  type BulkheadOptions,
  type BulkheadRunOptions,
} from './bulkhead.ts';
export type { CircuitBreakerOptions } from './circuit-breaker/circuit-breaker-options.ts';
export {
  circuitBreaker,
  type CircuitBreaker,
  type CircuitBreakerStatus,
  type StandaloneCircuitBreakerOptions,
} from './circuit-breaker/circuit-breaker.ts';
export { createResilientMessageBus } from './create-resilient-message-bus.ts';
export {
  DeadLetterCommandEvent,
  type DeadLetterCommandData,
} from './dead-letter/dead-letter-command-event.ts';
export type {
  DeadLetterBulkRetryOptions,
  DeadLetterBulkRetryReport,
  DeadLetterRetryOptions,
} from './dead-letter/dead-letter-retry.ts';
export {
  AttemptTimeoutError,
  BulkheadFullError,
  CallAbortedError,
  CircuitOpenError,
  DeadLetterNotFoundError,
  DeadLetterRetryError,
  RetryLaterError,
} from './errors.ts';
export type { CallContext } from './pipeline/call-attempt.ts';
export type { ResiliencePipelineOptions } from './pipeline/pipeline-options.ts';
export {
  resiliencePipeline,
  type ResiliencePipeline,
  type RunOptions,
} from './pipeline/resilience-pipeline.ts';
export { retry } from './pipeline/retry.ts';
export { timeout, type TimeoutOptions } from './pipeline/timeout.ts';
export { BackpressureStrategy } from './queue/backpressure-strategy.ts';
export { createBoundedEventQueue, type BoundedEventQueue } from './queue/bounded-event-queue.ts';
export type { BoundedQueueOptions } from './queue/bounded-queue-options.ts';
export type { QueueMetrics } from './queue/queue-metrics.ts';
export {
  rateLimiter,
  type RateLimiter,
  type RateLimiterOptions,
  type Reservation,
  type ReserveOptions,
} from './rate-limiter.ts';
export type {
  CommandBulkheadOptions,
  CommandKey,
  CommandRateLimiterOptions,
  ResilientMessageBus,
  ResilientMessageBusOptions,
} from './resilient-message-bus.ts';
export type { ErrorAction, ErrorMatch, ErrorPolicy } from './retry/error-policy.ts';
export type { RetryBudgetOptions } from './retry/retry-budget.ts';
export type { RetryOptions } from './retry/retry-policy.ts';
export type { WiringOptions } from './wiring.ts';
export { RateLimitedError } from '@llmgine/core/timing';
