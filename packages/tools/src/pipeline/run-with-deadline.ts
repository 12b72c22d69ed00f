import type { MaybePromise } from '@llmgine/core';
import type { AbortNotice, Deadlines, EqualDeadline, EqualDeadlines } from '@llmgine/core/timing';

/** What became of a run that had been given up on. */
export type LateOutcome = { readonly value: unknown } | { readonly error: unknown };

/** Work that may take so long, and what it comes to. */
export interface DeadlineWork<T, Outcome> {
  /** `Infinity`: no deadline. */
  readonly timeoutMs: number;
  /** Ends the work at once. */
  readonly signal: AbortNotice | undefined;
  /** Begins. */
  run(): T | PromiseLike<T>;
  /** Called once, when nobody waits for the work any more. */
  ended(): void;
  /** What the work comes to with its value. */
  succeeded(value: T): Outcome;
  /** What the work comes to with what it threw, or with the error of being given up on. */
  failed(error: unknown): MaybePromise<Outcome>;
  /** The error of work that took too long. */
  timedOut(): Error;
  /** The error of work that was aborted. */
  aborted(reason: unknown): Error;
  /** Called when it was given up on: it should stop. */
  abandoned(error: Error): void;
  /** Hears what became of work that had been given up on. */
  late(outcome: LateOutcome): void;
}

/** For work that comes to its own value or error. */
export function asItIs<T>(): Pick<DeadlineWork<T, T>, 'succeeded' | 'failed'> {
  return { succeeded, failed };
}

function succeeded<T>(value: T): T {
  return value;
}

async function failed(error: unknown): Promise<never> {
  throw error;
}

/**
 * Aborts and races: comes to an outcome at the deadline or the abort even when the work ignores both.
 * Work that returns no promise has finished when it returns.
 */
export function runWithDeadline<T, Outcome>(
  work: DeadlineWork<T, Outcome>,
  deadlines: Deadlines,
): MaybePromise<Outcome> {
  let running: MaybePromise<T>;
  try {
    if (work.signal?.aborted) throw work.aborted(work.signal.reason);
    running = asPromise(work.run());
  } catch (thrown) {
    work.ended();
    return work.failed(thrown);
  }
  if (running instanceof Promise) return race(work, running, deadlines);
  work.ended();
  return work.succeeded(running);
}

/** What only looks like a promise may do anything when it is waited for, so a real one waits for it, once. */
export function asPromise<T>(running: T | PromiseLike<T>): MaybePromise<T> {
  if (running instanceof Promise) return running;
  return isPromiseLike(running) ? Promise.resolve(running) : running;
}

function race<T, Outcome>(
  work: DeadlineWork<T, Outcome>,
  running: Promise<T>,
  deadlines: Deadlines,
): Promise<Outcome> {
  return new Promise((resolve) => new Race(work, resolve).begin(running, deadlines));
}

/** Work, its deadline and its abort: the first of them settles the promise. */
class Race<T, Outcome> implements EqualDeadline {
  before: EqualDeadline | undefined;
  after: EqualDeadline | undefined;
  dueAt = 0;
  readonly #work: DeadlineWork<T, Outcome>;
  readonly #resolve: (outcome: MaybePromise<Outcome>) => void;
  #waiting = true;
  #deadlines: EqualDeadlines | undefined;
  #onAbort: (() => void) | undefined;

  constructor(work: DeadlineWork<T, Outcome>, resolve: (outcome: MaybePromise<Outcome>) => void) {
    this.#work = work;
    this.#resolve = resolve;
  }

  begin(running: Promise<T>, deadlines: Deadlines): void {
    const { timeoutMs, signal } = this.#work;
    if (Number.isFinite(timeoutMs)) {
      this.#deadlines = deadlines.of(timeoutMs);
      this.#deadlines.start(this);
    }
    if (signal) this.#watch(signal);
    try {
      running.then(
        (value) => this.#succeed(value),
        (error: unknown) => this.#fail(error),
      );
    } catch (thrown) {
      this.#fail(thrown); // a promise behind a proxy, or with a `then` of its own
    }
  }

  expire(): void {
    this.#giveUp(this.#work.timedOut());
  }

  #watch(signal: AbortNotice): void {
    // A local first: V8 puts a function that is written straight into a property among old objects.
    const onAbort = (): void => this.#giveUp(this.#work.aborted(signal.reason));
    this.#onAbort = onAbort;
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort(); // the work may have aborted its own call
  }

  #succeed(value: T): void {
    if (this.#leave()) this.#resolve(this.#work.succeeded(value));
    else this.#work.late({ value });
  }

  #fail(error: unknown): void {
    if (this.#leave()) this.#resolve(this.#work.failed(error));
    else this.#work.late({ error });
  }

  #giveUp(error: Error): void {
    if (!this.#leave()) return;
    this.#work.abandoned(error);
    this.#resolve(this.#work.failed(error));
  }

  /** False: it was settled before. */
  #leave(): boolean {
    if (!this.#waiting) return false;
    this.#waiting = false;
    this.#deadlines?.stop(this);
    if (this.#onAbort) this.#work.signal?.removeEventListener('abort', this.#onAbort);
    this.#work.ended();
    return true;
  }
}

function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
