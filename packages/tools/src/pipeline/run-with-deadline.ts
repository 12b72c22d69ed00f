import type { Deadline, Deadlines } from '@llmgine/core/timing';

/** What became of a run that had been given up on. */
export type LateOutcome = { readonly value: unknown } | { readonly error: unknown };

/** Work that may take so long. */
export interface DeadlineWork<T> {
  /** `Infinity`: no deadline. */
  readonly timeoutMs: number;
  /** Ends the work at once. */
  readonly signal: AbortSignal | undefined;
  /** Begins. Gets the signal on demand: most work never asks for it. */
  run(signal: LazySignal): T | PromiseLike<T>;
  /** The error of work that took too long. */
  timedOut(): Error;
  /** The error of work that was aborted. */
  aborted(reason: unknown): Error;
  /** Called once, when nobody waits for the work any more. */
  ended(): void;
  /** Hears what became of work that had been given up on. */
  late(outcome: LateOutcome): void;
}

/**
 * Aborts and races: settles at the deadline or the abort even when the work ignores its signal.
 * Work that returns no promise has finished when it returns.
 */
export function runWithDeadline<T>(work: DeadlineWork<T>, deadlines: Deadlines): T | Promise<T> {
  const lazySignal = new LazySignal();
  let running: T | PromiseLike<T>;
  try {
    running = begin(work, lazySignal);
  } catch (thrown) {
    work.ended();
    throw thrown;
  }
  if (!isPromiseLike(running)) {
    work.ended();
    return running;
  }
  const promise = running;
  return new Promise((resolve, reject) => {
    new Race(work, { lazySignal, resolve, reject }).begin(promise, deadlines);
  });
}

function begin<T>(work: DeadlineWork<T>, lazySignal: LazySignal): T | PromiseLike<T> {
  const { signal } = work;
  if (signal?.aborted) throw work.aborted(signal.reason);
  return work.run(lazySignal);
}

/** A signal that is made when somebody first looks; one that looks late still sees the abort. */
export class LazySignal {
  #controller: AbortController | undefined;
  #ended: { readonly reason: unknown } | undefined;

  get value(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#ended) this.#controller.abort(this.#ended.reason);
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#ended = { reason };
    this.#controller?.abort(reason);
  }
}

interface RaceParts<T> {
  readonly lazySignal: LazySignal;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Work, its deadline and its abort: the first of them settles the promise. */
class Race<T> {
  readonly #work: DeadlineWork<T>;
  readonly #parts: RaceParts<T>;
  #waiting = true;
  #deadline: Deadline | undefined;
  #onAbort: (() => void) | undefined;

  constructor(work: DeadlineWork<T>, parts: RaceParts<T>) {
    this.#work = work;
    this.#parts = parts;
  }

  begin(running: PromiseLike<T>, deadlines: Deadlines): void {
    const { timeoutMs, signal } = this.#work;
    if (signal) {
      this.#onAbort = () => this.#giveUp(this.#work.aborted(signal.reason));
      signal.addEventListener('abort', this.#onAbort, { once: true });
      if (signal.aborted) this.#onAbort(); // the work may have aborted its own call
    }
    running.then(
      (value) => (this.#leave() ? this.#parts.resolve(value) : this.#work.late({ value })),
      (error: unknown) => (this.#leave() ? this.#parts.reject(error) : this.#work.late({ error })),
    );
    // Work that is done already, as much is, settles first and needs no deadline.
    if (Number.isFinite(timeoutMs)) queueMicrotask(() => this.#setDeadline(deadlines));
  }

  #setDeadline(deadlines: Deadlines): void {
    if (!this.#waiting) return;
    const { timeoutMs } = this.#work;
    this.#deadline = deadlines.set(timeoutMs, () => this.#giveUp(this.#work.timedOut()));
  }

  #giveUp(error: Error): void {
    if (!this.#leave()) return;
    this.#parts.reject(error);
    this.#parts.lazySignal.abort(error);
  }

  /** False: it was settled before. */
  #leave(): boolean {
    if (!this.#waiting) return false;
    this.#waiting = false;
    this.#deadline?.cancel();
    if (this.#onAbort) this.#work.signal?.removeEventListener('abort', this.#onAbort);
    this.#work.ended();
    return true;
  }
}

function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
