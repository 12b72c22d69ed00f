import type { Clock } from './clock.ts';

/** One of several deadlines of the same length, running: an object of the caller's, so that a call with a deadline needs no second one. */
export interface EqualDeadline {
  /** Linked by `EqualDeadlines`. */
  before: EqualDeadline | undefined;
  /** Linked by `EqualDeadlines`. */
  after: EqualDeadline | undefined;
  /** On the clock's monotonic time; set by `EqualDeadlines`. */
  dueAt: number;
  /** Called once when the time is up; never after `stop`. */
  expire(): void;
}

/**
 * Deadlines of one length. They end in the order in which they began, so one timer serves them all,
 * and starting and stopping one costs no timer.
 */
export class EqualDeadlines {
  readonly durationMs: number;
  readonly #clock: Clock;
  #first: EqualDeadline | undefined;
  #last: EqualDeadline | undefined;
  #timer: Disposable | undefined;
  #resting = false;
  readonly #emptied: () => void;

  /** `emptied` is called when none has been running for a turn of the event loop. */
  constructor(durationMs: number, clock: Clock, emptied: () => void = () => {}) {
    this.durationMs = durationMs;
    this.#clock = clock;
    this.#emptied = emptied;
  }

  start(deadline: EqualDeadline): void {
    deadline.dueAt = this.#clock.monotonic() + this.durationMs;
    deadline.before = this.#last;
    if (this.#last) this.#last.after = deadline;
    else this.#first = deadline;
    this.#last = deadline;
    this.#timer ??= this.#clock.setTimer(() => this.#expireDue(), this.durationMs);
  }

  /** Stopping twice, or after it expired, does nothing. */
  stop(deadline: EqualDeadline): void {
    if (this.#unlink(deadline) && !this.#first) this.#restUnlessUsedAgain();
  }

  /** The timer would keep the process alive, but calls that follow each other in one turn should share it. */
  #restUnlessUsedAgain(): void {
    if (this.#resting) return;
    this.#resting = true;
    void this.#clock.yieldToIo().then(() => this.#rest());
  }

  #unlink(deadline: EqualDeadline): boolean {
    const { before, after } = deadline;
    if (!before && this.#first !== deadline) return false;
    if (before) before.after = after;
    else this.#first = after;
    if (after) after.before = before;
    else this.#last = before;
    deadline.before = undefined;
    deadline.after = undefined;
    return true;
  }

  #rest(): void {
    this.#resting = false;
    if (this.#first) return;
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#emptied();
  }

  #expireDue(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (let due = this.#first; due && due.dueAt <= now; due = this.#first) {
      this.#unlink(due);
      due.expire();
    }
    const next = this.#first;
    if (!next) this.#restUnlessUsedAgain();
    else this.#timer ??= this.#clock.setTimer(() => this.#expireDue(), next.dueAt - now);
  }
}
