/** A map that gives up its oldest entry for a new one when it is full, so that what is never ended cannot pile up. */
export class BoundedMap<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #capacity: number;
  readonly #evicted: (value: Value) => void;

  constructor(capacity: number, evicted: (value: Value) => void = () => {}) {
    this.#capacity = capacity;
    this.#evicted = evicted;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value): void {
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#capacity) return;
    const [oldest] = this.#entries.keys();
    this.#evicted(this.take(oldest!)!);
  }

  /** Gets and removes. */
  take(key: string): Value | undefined {
    const value = this.#entries.get(key);
    this.#entries.delete(key);
    return value;
  }

  /** Gives up all entries. */
  clear(): void {
    for (const value of this.#entries.values()) this.#evicted(value);
    this.#entries.clear();
  }
}
