import type { Clock } from '../timing/clock.ts';

/**
 * The bus's clock as middleware sees it. On one pass through the layers, inwards or outwards, the monotonic time is
 * read once however many of them ask: reading it costs more than most layers do.
 */
export class PassClock implements Clock {
  readonly #clock: Clock;
  #passing = false;
  #isRead = false;
  #reading = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  beginPass(): void {
    this.#passing = true;
    this.#isRead = false;
  }

  endPass(): void {
    this.#passing = false;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    if (!this.#passing) return this.#clock.monotonic();
    if (!this.#isRead) {
      this.#reading = this.#clock.monotonic();
      this.#isRead = true;
    }
    return this.#reading;
  }

  setTimer(callback: () => void, delayMs: number): Disposable {
    return this.#clock.setTimer(callback, delayMs);
  }

  yieldToIo(): Promise<void> {
    return this.#clock.yieldToIo();
  }
}
