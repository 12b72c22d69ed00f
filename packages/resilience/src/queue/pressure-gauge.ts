import type { Wiring } from '../wiring.ts';

/** Sizes at which pressure begins and ends. */
export interface PressureMarks {
  readonly high: number;
  readonly low: number;
}

/** Knows whether a queue is under pressure, and says so once for each crossing. */
export class PressureGauge {
  readonly #marks: PressureMarks;
  readonly #wiring: Wiring;
  active = false;
  hits = 0;

  constructor(marks: PressureMarks, wiring: Wiring) {
    this.#marks = marks;
    this.#wiring = wiring;
  }

  rose(size: number): void {
    if (this.active || size < this.#marks.high) return;
    this.hits++;
    this.#set(true, size);
  }

  fell(size: number): void {
    if (this.active && size <= this.#marks.low) this.#set(false, size);
  }

  /** Forgets the hits. */
  reset(): void {
    this.hits = 0;
    if (this.active) this.#set(false, 0);
  }

  #set(active: boolean, queueSize: number): void {
    this.active = active;
    const { signals, clock } = this.#wiring;
    if (!signals.wants('queue.pressure-changed')) return;
    signals.emit({ type: 'queue.pressure-changed', at: clock.now(), active, queueSize });
  }
}
