/** Wakes for what this process saves itself: others hear of it from the database, the writer does not. */
export class EarlierEvents {
  /** When the event is due that everybody knows of. */
  #next = Infinity;
  readonly #wakers = new Set<() => void>();

  /** What is saved before the answer is there may be missing in it. */
  asking(): void {
    this.#next = Infinity;
  }

  told(at: number): void {
    this.#next = Math.min(this.#next, at);
  }

  saved(at: number): void {
    // Several buses may know different types, and so wait for different events.
    if (at >= this.#next && this.#wakers.size < 2) return;
    this.#next = Math.min(this.#next, at);
    this.wake();
  }

  wake(): void {
    for (const wake of this.#wakers) wake();
  }

  add(wake: () => void, onOtherWrites: ((wake: () => void) => Disposable) | undefined): Disposable {
    const other = onOtherWrites?.(wake);
    this.#wakers.add(wake);
    return {
      [Symbol.dispose]: () => {
        this.#wakers.delete(wake);
        other?.[Symbol.dispose]();
      },
    };
  }
}
