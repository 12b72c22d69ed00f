import type { Clock } from './clock.ts';

/** Something that must be done by a moment. */
export interface Deadline {
  /** It was done in time. */
  cancel(): void;
}

/** Deadlines that are off pile up behind one that is still on; beyond so many they are swept out. */
const SWEPT_BEYOND = 1024;

/**
 * Many deadlines on few timers. Deadlines of one length fall due in the order they were set, so one timer for each
 * length suffices, and calling one off costs next to nothing.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #byLength = new Map<number, DeadlinesOfOneLength>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `expired` after `durationMs`, unless cancelled by then. */
  set(durationMs: number, expired: () => void): Deadline {
    let sameLength = this.#byLength.get(durationMs);
    if (!sameLength) {
      sameLength = new DeadlinesOfOneLength(this.#clock, durationMs, () =>
        this.#byLength.delete(durationMs),
      );
      this.#byLength.set(durationMs, sameLength);
    }
    return sameLength.add(expired);
  }
}

class DeadlinesOfOneLength {
  readonly #clock: Clock;
  readonly #durationMs: number;
  readonly #emptied: () => void;
  #waiting: PendingDeadline[] = [];
  #live = 0;
  #timer: Disposable | undefined;
  #checksWhetherEmpty = false;

  constructor(clock: Clock, durationMs: number, emptied: () => void) {
    this.#clock = clock;
    this.#durationMs = durationMs;
    this.#emptied = emptied;
  }

  add(expired: () => void): Deadline {
    const deadline = new PendingDeadline(this.#clock.monotonic() + this.#durationMs, expired, () =>
      this.#cancelled(),
    );
    this.#waiting.push(deadline);
    this.#live++;
    if (!this.#timer) this.#arm(this.#durationMs);
    return deadline;
  }

  #cancelled(): void {
    this.#live--;
    if (this.#waiting.length > SWEPT_BEYOND && this.#live < this.#waiting.length / 2) {
      this.#waiting = this.#waiting.filter((deadline) => deadline.expired);
    }
    if (this.#live === 0) this.#endUnlessUsedAgain();
  }

  /** A timer that waits for nothing would keep the process alive; but setting one anew for every command costs more than the command. */
  #endUnlessUsedAgain(): void {
    if (this.#checksWhetherEmpty) return;
    this.#checksWhetherEmpty = true;
    void this.#clock.yieldToIo().then(() => {
      this.#checksWhetherEmpty = false;
      if (this.#live === 0) this.#end();
    });
  }

  #end(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#waiting = [];
    this.#emptied();
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimer(() => this.#expire(), delayMs);
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    const firstLater = this.#waiting.findIndex(({ expired, dueAt }) => expired && dueAt > now);
    const due = this.#waiting.splice(0, firstLater === -1 ? this.#waiting.length : firstLater);
    const next = this.#waiting[0];
    if (next) this.#arm(next.dueAt - now);

    for (const deadline of due) {
      const { expired } = deadline;
      if (!expired) continue;
      this.#live--;
      deadline.expired = undefined;
      expired();
    }
    if (this.#waiting.length === 0) this.#end();
  }
}

class PendingDeadline implements Deadline {
  readonly dueAt: number;
  /** Undefined once it is over. */
  expired: (() => void) | undefined;
  readonly #cancelled: () => void;

  constructor(dueAt: number, expired: () => void, cancelled: () => void) {
    this.dueAt = dueAt;
    this.expired = expired;
    this.#cancelled = cancelled;
  }

  cancel(): void {
    if (!this.expired) return;
    this.expired = undefined;
    this.#cancelled();
  }
}
