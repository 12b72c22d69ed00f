import type { Clock } from './clock.ts';
import { EqualDeadlines, type EqualDeadline } from './equal-deadlines.ts';

/** Something that must be done by a moment. */
export interface Deadline {
  /** It was done in time. */
  cancel(): void;
}

/** Deadlines of any lengths, on one timer for each length. Calling one off costs next to nothing. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #byLength = new Map<number, EqualDeadlines>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `expired` after `durationMs`, unless cancelled by then. */
  set(durationMs: number, expired: () => void): Deadline {
    const equal = this.of(durationMs);
    const deadline = new PendingDeadline(equal, expired);
    equal.start(deadline);
    return deadline;
  }

  /** Those of one length, to start a deadline of the caller's own there at once. */
  of(durationMs: number): EqualDeadlines {
    let equal = this.#byLength.get(durationMs);
    if (!equal) {
      equal = new EqualDeadlines(durationMs, this.#clock, () => this.#byLength.delete(durationMs));
      this.#byLength.set(durationMs, equal);
    }
    return equal;
  }
}

class PendingDeadline implements Deadline, EqualDeadline {
  before: EqualDeadline | undefined;
  after: EqualDeadline | undefined;
  dueAt = 0;
  readonly expire: () => void;
  readonly #equal: EqualDeadlines;

  constructor(equal: EqualDeadlines, expired: () => void) {
    this.#equal = equal;
    this.expire = expired;
  }

  cancel(): void {
    this.#equal.stop(this);
  }
}
