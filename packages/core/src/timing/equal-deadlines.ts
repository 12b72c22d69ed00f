import type { Clock } from './clock.ts';

/** One of several deadlines of the same length, running: an object of the caller's, so that a call with a deadline needs no second one. */
export interface EqualDeadline {
  /** Linked by `EqualDeadlines`. */
  before: EqualDeadline | undefined;
  /** Linked by `EqualDeadlines`. */
  after: EqualDeadline | undefined;
  /** On the clock's monotonic time; set by `EqualDeadlines`, and 0 during the turn of the event loop in which it began. */
  dueAt: number;
  /** Called once when the time is up; never after `stop`. */
  expire(): void;
}

/**
 * Deadlines of one length. They end in the order in which they began, so one timer serves them all. Their time begins
 * to run with the next turn of the event loop: what is done before that needs neither a timer nor the time, and no
 * deadline comes early.
 */
export class EqualDeadlines {
  readonly durationMs: number;
  readonly #clock: Clock;
  readonly #emptied: () => void;
  #first: EqualDeadline | undefined;
  #last: EqualDeadline | undefined;
  /** The latest one that began in this turn, the earlier ones after it; most stop within the turn. */
  #fresh: EqualDeadline | undefined;
  #timer: Disposable | undefined;
  #turning = false;

  /** `emptied` is called when a turn has ended and none is running. */
  constructor(durationMs: number, clock: Clock, emptied: () => void = () => {}) {
    this.durationMs = durationMs;
    this.#clock = clock;
    this.#emptied = emptied;
  }

  start(deadline: EqualDeadline): void {
    deadline.dueAt = 0;
    deadline.before = undefined;
    deadline.after = this.#fresh;
    if (this.#fresh) this.#fresh.before = deadline;
    this.#fresh = deadline;
    if (!this.#turning) this.#awaitTurn();
  }

  /** Stopping twice, or after it expired, does nothing. */
  stop(deadline: EqualDeadline): void {
    if (!this.#unlink(deadline) || this.#first || this.#turning) return;
    this.#awaitTurn();
  }

  #awaitTurn(): void {
    this.#turning = true;
    void this.#clock.yieldToIo().then(() => this.#turn());
  }

  #unlink(deadline: EqualDeadline): boolean {
    const { before, after } = deadline;
    if (before) before.after = after;
    else if (this.#fresh === deadline) this.#fresh = after;
    else if (this.#first === deadline) this.#first = after;
    else return false;
    if (after) after.before = before;
    else if (this.#last === deadline) this.#last = before;
    deadline.before = undefined;
    deadline.after = undefined;
    return true;
  }

  /** Lets the time of the fresh ones run. A timer without any would keep the process alive. */
  #turn(): void {
    this.#turning = false;
    if (!this.#first && !this.#fresh) {
      this.#timer?.[Symbol.dispose]();
      this.#timer = undefined;
      this.#emptied();
      return;
    }
    if (!this.#fresh) return;
    this.#queueFresh(this.#clock.monotonic() + this.durationMs);
    this.#timer ??= this.#clock.setTimer(() => this.#expireDue(), this.durationMs);
  }

  /** Puts them behind the others, in the order in which they began. */
  #queueFresh(dueAt: number): void {
    const queued = this.#last;
    this.#last = this.#fresh;
    let later: EqualDeadline | undefined;
    for (let each = this.#fresh; each;) {
      const earlier: EqualDeadline | undefined = each.after;
      each.dueAt = dueAt;
      each.before = earlier ?? queued;
      each.after = later;
      later = each;
      each = earlier;
    }
    this.#fresh = undefined;
    if (queued) queued.after = later;
    else this.#first = later;
  }

  #expireDue(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (let due = this.#first; due && due.dueAt <= now; due = this.#first) {
      this.#unlink(due);
      due.expire();
    }
    const next = this.#first;
    if (next) this.#timer ??= this.#clock.setTimer(() => this.#expireDue(), next.dueAt - now);
    else if (!this.#turning) this.#awaitTurn();
  }
}
