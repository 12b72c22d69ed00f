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

/** What every attempt of a pipeline goes through. */
export interface AttemptGuards {
  readonly deadlines: EqualDeadlines | undefined;
  readonly breaker: PermittingCircuitBreaker | undefined;
  /** What becomes of an attempt that has failed. */
  afterFailure<T>(attempt: CallAttempt<T>, thrown: unknown): Promise<T>;
}

/** What is called. */
export interface AttemptedCall<T> {
  readonly work: (context: CallContext) => T | PromiseLike<T>;
  /** The first being 1. */
  readonly attempt: number;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** Of the breaker, where there is one. */
  readonly permit: Permit | undefined;
}

/**
 * One call of a function under a deadline and a breaker. It is its own deadline and its own context, and makes its
 * AbortController when it is asked for, since most calls end well and need none.
 */
export class CallAttempt<T> implements EqualDeadline, CallContext {
  before: EqualDeadline | undefined = undefined;
  after: EqualDeadline | undefined = undefined;
  dueAt = 0;
  readonly attempt: number;
  readonly work: (context: CallContext) => T | PromiseLike<T>;
  /** The caller's. */
  readonly callerSignal: AbortSignal | undefined;
  readonly #guards: AttemptGuards;
  readonly #permit: Permit | undefined;
  /** Undefined: it has not begun, or has ended. */
  #resolve: ((end: T | Promise<T>) => void) | undefined = undefined;
  #callerAborted: (() => void) | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor(guards: AttemptGuards, call: AttemptedCall<T>) {
    this.#guards = guards;
    this.attempt = call.attempt;
    this.work = call.work;
    this.callerSignal = call.signal;
    this.#permit = call.permit;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  /** To be called once. No `reject`: a promise that has failed serves as well, and costs those who succeed nothing. */
  start(): Promise<T> {
    const ended = new Promise<T>((resolve) => {
      this.#resolve = resolve;
    });
    const { deadlines } = this.#guards;
    if (deadlines) deadlines.start(this);
    if (this.callerSignal) this.#follow(this.callerSignal);
    try {
      const { work } = this;
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
    return ended;
  }

  /** The time is up, whether the function listens to its signal or not. */
  expire(): void {
    const error = new AttemptTimeoutError(this.#guards.deadlines?.durationMs ?? 0);
    this.#failed(error);
    this.#abortSignal(error);
  }

  #succeeded(value: T): void {
    const resolve = this.#end();
    if (!resolve) return;
    const { breaker } = this.#guards;
    if (breaker) breaker.succeeded(this.#permit!); // where there is a breaker there is a permit
    resolve(value);
  }

  #failed(thrown: unknown): void {
    const resolve = this.#end();
    if (!resolve) return;
    const { breaker } = this.#guards;
    if (breaker) breaker.failed(this.#permit!, toError(thrown)); // as above
    resolve(this.#guards.afterFailure(this, thrown));
  }

  #follow(signal: AbortSignal): void {
    this.#callerAborted = () => {
      const resolve = this.#end();
      if (!resolve) return;
      const { reason } = signal as { reason: unknown };
      if (this.#permit) this.#guards.breaker?.released(this.#permit);
      resolve(this.#guards.afterFailure(this, new CallAbortedError(reason)));
      this.#abortSignal(reason);
    };
    signal.addEventListener('abort', this.#callerAborted, { once: true });
  }

  #abortSignal(reason: unknown): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(reason);
  }

  /** Undefined: it had ended before. */
  #end(): ((end: T | Promise<T>) => void) | undefined {
    const resolve = this.#resolve;
    if (!resolve) return undefined;
    this.#resolve = undefined;
    const { deadlines } = this.#guards;
    if (deadlines) deadlines.stop(this);
    if (this.#callerAborted) {
      this.callerSignal?.removeEventListener('abort', this.#callerAborted);
    }
    return resolve;
  }
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
