import type { EventError } from '../bus/message-bus.ts';

/** The latest failures of event handlers. Being full changes nothing but what is kept. */
export class ErrorHistory {
  readonly #kept: EventError[] = [];
  readonly #capacity: number;
  #next = 0;
  #total = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get total(): number {
    return this.#total;
  }

  add(error: EventError): void {
    this.#total++;
    if (this.#capacity === 0) return;
    this.#kept[this.#next] = error;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Oldest first. */
  list(): readonly EventError[] {
    const full = this.#kept.length === this.#capacity;
    return full
      ? [...this.#kept.slice(this.#next), ...this.#kept.slice(0, this.#next)]
      : [...this.#kept];
  }

  clear(): void {
    this.#kept.length = 0;
    this.#next = 0;
    this.#total = 0;
  }
}
