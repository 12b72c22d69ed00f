import { toError } from '@llmgine/core';
import type { EqualDeadline, EqualDeadlines } from '@llmgine/core/timing';
import type { Permit, PermittingCircuitBreaker } from '../circuit-breaker/circuit-breaker.ts';
import { AttemptTimeoutError, CallAbortedError } from '../errors.ts';

/** What a function that is run gets. */
export interface CallContext {
  /** Which call this is, the first being 1. */
  readonly attempt: number;
  /** Aborts when this attempt is given up on. */
  readonly signal: AbortSignal;
}

/** Who runs an attempt, and what for. */
export interface CallAttemptOptions<T> {
  readonly work: (context: CallContext) => T | PromiseLike<T>;
  readonly attempt: number;
  readonly deadlines: EqualDeadlines | undefined;
  readonly breaker: PermittingCircuitBreaker | undefined;
  readonly permit: Permit | undefined;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One call of a function under a deadline and a breaker. It is its own deadline and its own context, and makes its
 * AbortController when it is asked for, since most calls end well and need none.
 */
export class CallAttempt<T> implements EqualDeadline, CallContext {
  before: EqualDeadline | undefined = undefined;
  after: EqualDeadline | undefined = undefined;
  dueAt = 0;
  readonly #options: CallAttemptOptions<T>;
  #settled = false;
  #controller: AbortController | undefined;
  #reason: unknown;

  constructor(options: CallAttemptOptions<T>) {
    this.#options = options;
  }

  get attempt(): number {
    return this.#options.attempt;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  start(): void {
    const { deadlines, signal, work } = this.#options;
    deadlines?.start(this);
    signal?.addEventListener('abort', this.#abort, { once: true });
    try {
      const returned = work(this);
      if (isThenable(returned)) {
        returned.then(
          (value) => this.#succeeded(value),
          (thrown: unknown) => this.#failed(thrown),
        );
      } else this.#succeeded(returned);
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  /** The time is up, whether the function listens to its signal or not. */
  expire(): void {
    const error = new AttemptTimeoutError(this.#options.deadlines?.durationMs ?? 0);
    this.#failed(error);
    this.#abortSignal(error);
  }

  #succeeded(value: T): void {
    if (!this.#settle()) return;
    const { breaker, permit, resolve } = this.#options;
    if (breaker) breaker.succeeded(permit!);
    resolve(value);
  }

  #failed(thrown: unknown): void {
    if (!this.#settle()) return;
    const { breaker, permit, reject } = this.#options;
    if (breaker) breaker.failed(permit!, toError(thrown));
    reject(thrown);
  }

  /** An arrow, so that it can be taken off again. */
  readonly #abort = (): void => {
    if (!this.#settle()) return;
    const { breaker, permit, reject, signal } = this.#options;
    if (breaker) breaker.released(permit!);
    reject(new CallAbortedError(signal?.reason));
    this.#abortSignal(signal?.reason);
  };

  #abortSignal(reason: unknown): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** False: it had settled before. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    const { deadlines, signal } = this.#options;
    if (deadlines) deadlines.stop(this);
    if (signal) signal.removeEventListener('abort', this.#abort);
    return true;
  }
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
