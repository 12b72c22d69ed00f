import type { CommandMessage, CommandResult, MessageBus, MessageBusOptions } from '@llmgine/core';
import type {
  DeadLetterEntry,
  DeadLetterFilter,
  DeadLetterQuery,
  DeadLetterStore,
} from '@llmgine/core/stores';
import type { BulkheadOptions } from './bulkhead.ts';
import type { CircuitBreakerStatus } from './circuit-breaker/circuit-breaker.ts';
import type { CircuitBreakerOptions } from './circuit-breaker/circuit-breaker-options.ts';
import type {
  DeadLetterBulkRetryOptions,
  DeadLetterBulkRetryReport,
  DeadLetterRetryOptions,
} from './dead-letter/dead-letter-retry.ts';
import type { BackpressureStrategy } from './queue/backpressure-strategy.ts';
import type { BoundedQueueOptions } from './queue/bounded-queue-options.ts';
import type { QueueMetrics } from './queue/queue-metrics.ts';
import type { RateLimiterOptions } from './rate-limiter.ts';
import type { RetryOptions } from './retry/retry-policy.ts';

/** Gives the key of a command. One that throws is reported, and the command's type is used. */
export type CommandKey = (command: CommandMessage) => string;

/** How many commands of one key may run and wait. */
export interface CommandBulkheadOptions extends BulkheadOptions {
  /** @default the command's type */
  readonly key?: CommandKey | undefined;
}

/** How much per minute commands of one key may take. */
export interface CommandRateLimiterOptions extends RateLimiterOptions {
  /** @default the command's type */
  readonly key?: CommandKey | undefined;
  /**
   * Tokens that a command is expected to use.
   * @default 0
   */
  readonly tokens?: ((command: CommandMessage) => number) | undefined;
  /**
   * Tokens that it did use, by its result.
   * @default what was expected
   */
  readonly usedTokens?: ((result: unknown, command: CommandMessage) => number) | undefined;
}

/** What a resilient bus is made of, beside what a bus is made of. */
export interface ResilientMessageBusOptions
  extends
    Omit<MessageBusOptions, 'queue' | 'invoker' | 'eventInvoker'>,
    Pick<BoundedQueueOptions, 'dropOldest' | 'highWaterMark' | 'lowWaterMark'> {
  /**
   * Events held at most.
   * @default 10_000
   */
  readonly eventQueueSize?: number | undefined;
  /** @default BackpressureStrategy.DROP_OLDEST */
  readonly backpressureStrategy?: BackpressureStrategy | undefined;
  /** How failed commands are tried again; `{ maxRetries: 0 }`: they are not. */
  readonly retry?: RetryOptions | undefined;
  /**
   * When calls are stopped for a while; false: never.
   * @default {}
   */
  readonly circuitBreaker?: CircuitBreakerOptions | false | undefined;
  /**
   * Which commands share a circuit and a retry budget: for calls of language models, those of one provider and model.
   * @default the command's type
   */
  readonly breakerKey?: CommandKey | undefined;
  /**
   * Circuits kept at most; beyond it, idle ones are forgotten, else the oldest.
   * @default 10_000
   */
  readonly maxBreakers?: number | undefined;
  /** @default memory, for as long as the process */
  readonly deadLetterStore?: DeadLetterStore | undefined;
  /**
   * Dead letters kept at most; beyond it the oldest goes out as a signal.
   * @default 1000
   */
  readonly maxDeadLetters?: number | undefined;
  /** @default none */
  readonly bulkhead?: CommandBulkheadOptions | undefined;
  /** @default none */
  readonly rateLimiter?: CommandRateLimiterOptions | undefined;
  /**
   * Tries failed event handlers again and keeps dead letters of them.
   * @default they are called once
   */
  readonly events?: { readonly retry: RetryOptions } | undefined;
}

/** The bus for production loads: a bound on its queue, and retries, circuits and dead letters round its handlers. */
export interface ResilientMessageBus extends MessageBus {
  getQueueMetrics(): QueueMetrics;
  /** In the order in which they came. */
  getDeadLetterEntries(query?: DeadLetterQuery): Promise<readonly DeadLetterEntry[]>;
  /**
   * Sends a dead letter again, or an edited copy of it, and removes it when that succeeds.
   * @throws DeadLetterNotFoundError, DeadLetterRetryError, InvalidMessageError, BusStoppedError
   */
  retryDeadLetterEntry(id: string, options?: DeadLetterRetryOptions): Promise<CommandResult>;
  /**
   * Sends all waiting ones that match again, so many a second.
   * @throws InvalidOptionsError
   */
  retryDeadLetters(
    filter?: DeadLetterFilter,
    options?: DeadLetterBulkRetryOptions,
  ): Promise<DeadLetterBulkRetryReport>;
  /** Removes one; false: there is no such entry. */
  discardDeadLetterEntry(id: string): Promise<boolean>;
  /** Removes those that match (default all) and tells how many that were. */
  purgeDeadLetters(filter?: DeadLetterFilter): Promise<number>;
  /** By command type, or by key. Commands that were never executed have none. */
  getCircuitBreakerStates(): Readonly<Record<string, CircuitBreakerStatus>>;
  /** Refuses the commands of a circuit until it is closed. */
  isolateCircuitBreaker(key: string): void;
  /** Lets the commands of a circuit through again and forgets its failures. */
  closeCircuitBreaker(key: string): void;
}
