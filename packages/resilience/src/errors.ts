import { LlmgineError } from '@llmgine/core';

/** A call was refused because what it calls has been failing. */
export class CircuitOpenError extends LlmgineError {
  override readonly name = 'CircuitOpenError';
  readonly code = 'LLMGINE_CIRCUIT_OPEN';
  /** The breaker's key: the command type unless keyed otherwise. */
  readonly breaker: string;
  /** Undefined: isolated by hand, until somebody closes it. */
  readonly retryAfterMs: number | undefined;

  constructor(breaker: string, retryAfterMs: number | undefined) {
    super(
      retryAfterMs === undefined
        ? `Circuit for '${breaker}' is isolated. Close it by hand.`
        : `Circuit for '${breaker}' is open. Retry after ${Math.ceil(retryAfterMs)} ms, or inspect getCircuitBreakerStates().`,
    );
    this.breaker = breaker;
    this.retryAfterMs = retryAfterMs;
  }
}

/** One attempt did not finish in time. */
export class AttemptTimeoutError extends LlmgineError {
  override readonly name = 'AttemptTimeoutError';
  readonly code = 'LLMGINE_ATTEMPT_TIMEOUT';
  readonly timeoutMs: number;

  constructor(timeoutMs: number, options?: ErrorOptions) {
    super(
      `A call did not finish within ${timeoutMs} ms. Raise the timeout, or let it stop on its signal.`,
      options,
    );
    this.timeoutMs = timeoutMs;
  }
}

/** A call was given up on because its caller aborted; the last error of an attempt is the cause. */
export class CallAbortedError extends LlmgineError {
  override readonly name = 'CallAbortedError';
  readonly code = 'LLMGINE_CALL_ABORTED';
  readonly reason: unknown;

  constructor(reason: unknown, options?: ErrorOptions) {
    super(
      `A call was aborted: ${reason instanceof Error ? reason.message : String(reason)}`,
      options,
    );
    this.reason = reason;
  }
}

/** What failed asks to be left alone for longer than there is time. */
export class RetryLaterError extends LlmgineError {
  override readonly name = 'RetryLaterError';
  readonly code = 'LLMGINE_RETRY_LATER';
  /** Epoch milliseconds. */
  readonly retryAt: number;
  readonly retryAfterMs: number;

  constructor(retryAt: number, retryAfterMs: number, options: ErrorOptions) {
    super(
      `What failed may be tried again at ${new Date(retryAt).toISOString()}, in ${Math.ceil(retryAfterMs)} ms, which is after the deadline. Allow more time, or try then.`,
      options,
    );
    this.retryAt = retryAt;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A call was refused because as many as allowed are running and waiting. */
export class BulkheadFullError extends LlmgineError {
  override readonly name = 'BulkheadFullError';
  readonly code = 'LLMGINE_BULKHEAD_FULL';
  readonly key: string;

  constructor(key: string, maxConcurrent: number, maxQueue: number) {
    super(
      `'${key}' already has ${maxConcurrent} calls running and ${maxQueue} waiting. Try again later, or raise maxConcurrent or maxQueue.`,
    );
    this.key = key;
  }
}

/** There is no such dead letter, or none that waits to be retried. */
export class DeadLetterNotFoundError extends LlmgineError {
  override readonly name = 'DeadLetterNotFoundError';
  readonly code = 'LLMGINE_DEAD_LETTER_NOT_FOUND';
  readonly id: string;

  constructor(id: string) {
    super(
      `No dead letter '${id}' waits to be retried: it is unknown, or resolved. See getDeadLetterEntries().`,
    );
    this.id = id;
  }
}

/** A dead letter cannot be retried as asked. */
export class DeadLetterRetryError extends LlmgineError {
  override readonly name = 'DeadLetterRetryError';
  readonly code = 'LLMGINE_DEAD_LETTER_RETRY';
  readonly id: string;

  constructor(id: string, problem: string) {
    super(`Dead letter '${id}' cannot be retried: ${problem}`);
    this.id = id;
  }
}
