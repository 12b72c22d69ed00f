const SMALLEST = 8;
/** A buffer that a burst has grown beyond this is given back once it is empty. */
const KEPT = 1024;

/** A first-in first-out list in an array that grows as needed. */
export class RingBuffer<T> {
  #items: (T | undefined)[] = Array.from({ length: SMALLEST });
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) & (this.#items.length - 1)] = item;
    this.#length++;
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length--;
    if (this.#length === 0 && this.#items.length > KEPT)
      this.#items = Array.from({ length: SMALLEST });
    if (this.#length === 0) this.#head = 0;
    return item;
  }

  /** Takes out the items that match, in order; the others keep theirs. */
  remove(matches: (item: T) => boolean): T[] {
    const removed: T[] = [];
    for (let count = this.#length; count > 0; count--) {
      const item = this.shift() as T;
      if (matches(item)) removed.push(item);
      else this.push(item);
    }
    return removed;
  }

  #grow(): void {
    const items: (T | undefined)[] = Array.from({ length: this.#items.length * 2 });
    for (let index = 0; index < this.#length; index++) {
      items[index] = this.#items[(this.#head + index) & (this.#items.length - 1)];
    }
    this.#items = items;
    this.#head = 0;
  }
}
