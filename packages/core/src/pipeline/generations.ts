/** The events that were accepted between two calls of `waitForEvents`, with all that they caused. */
export interface Generation {
  pending: number;
}

interface Wait {
  readonly open: Set<Generation>;
  readonly resolve: () => void;
}

/** Knows when the events accepted up to a moment have settled, at the price of two additions an event. */
export class Generations {
  #current: Generation = { pending: 0 };
  /** Earlier ones that are not done. */
  readonly #older = new Set<Generation>();
  readonly #waits = new Set<Wait>();

  /** Counts an event: with its parent's generation, or the present one. */
  enter(inherited: Generation | undefined): Generation {
    const generation = inherited ?? this.#current;
    generation.pending++;
    return generation;
  }

  leave(generation: Generation): void {
    generation.pending--;
    if (generation.pending === 0 && this.#older.size > 0) this.#finish(generation);
  }

  /** Resolves when what has been counted so far, and what it causes, is done. */
  wait(): Promise<void> {
    if (this.#current.pending > 0) {
      this.#older.add(this.#current);
      this.#current = { pending: 0 };
    }
    if (this.#older.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waits.add({ open: new Set(this.#older), resolve });
    });
  }

  #finish(generation: Generation): void {
    if (!this.#older.delete(generation)) return;
    for (const wait of this.#waits) {
      wait.open.delete(generation);
      if (wait.open.size > 0) continue;
      this.#waits.delete(wait);
      wait.resolve();
    }
  }
}
