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
}

/** Hears how attempts ended. */
export interface AttemptReceiver {
  attemptSucceeded<T>(attempt: CallAttempt<T>, value: T): void;
  attemptFailed<T>(attempt: CallAttempt<T>, thrown: unknown): void;
}

/** What is called. */
export interface AttemptedCall<T> {
  readonly work: (context: CallContext) => T | PromiseLike<T>;
  /** The first being 1. */
  readonly attempt: number;
  readonly signal: AbortSignal | undefined;
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
  /** For the receiver to tell whoever waits. */
  resolve: (value: T) => void = unset;
  /** For the receiver to tell whoever waits. */
  reject: (thrown: unknown) => void = unset;
  readonly #guards: AttemptGuards;
  readonly #receiver: AttemptReceiver;
  #permit: Permit | undefined = undefined;
  #settled = false;
  #callerAborted: (() => void) | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #reason: unknown = undefined;

  constructor(guards: AttemptGuards, receiver: AttemptReceiver, call: AttemptedCall<T>) {
    this.#guards = guards;
    this.#receiver = receiver;
    this.attempt = call.attempt;
    this.work = call.work;
    this.callerSignal = call.signal;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  start(permit: Permit | undefined): void {
    this.#permit = permit;
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
  }

  /** The time is up, whether the function listens to its signal or not. */
  expire(): void {
    const error = new AttemptTimeoutError(this.#guards.deadlines?.durationMs ?? 0);
    this.#failed(error);
    this.#abortSignal(error);
  }

  #succeeded(value: T): void {
    if (!this.#settle()) return;
    const { breaker } = this.#guards;
    if (breaker) breaker.succeeded(this.#permit!); // where there is a breaker there is a permit
    this.#receiver.attemptSucceeded(this, value);
  }

  #failed(thrown: unknown): void {
    if (!this.#settle()) return;
    const { breaker } = this.#guards;
    if (breaker) breaker.failed(this.#permit!, toError(thrown)); // as above
    this.#receiver.attemptFailed(this, thrown);
  }

  #follow(signal: AbortSignal): void {
    const callerAborted = (): void => {
      const { reason } = signal as { reason: unknown };
      if (!this.#settle()) return;
      if (this.#permit) this.#guards.breaker?.released(this.#permit);
      this.#receiver.attemptFailed(this, new CallAbortedError(reason));
      this.#abortSignal(reason);
    };
    this.#callerAborted = callerAborted;
    signal.addEventListener('abort', callerAborted, { once: true });
  }

  #abortSignal(reason: unknown): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** False: it had settled before. */
  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    const { deadlines } = this.#guards;
    if (deadlines) deadlines.stop(this);
    if (this.#callerAborted) {
      this.callerSignal?.removeEventListener('abort', this.#callerAborted);
    }
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

function unset(): void {}
