/** What a heap holds: when it is due, and in which order it came. */
export interface DueItem {
  /** Smallest first. Change it through `move` only. */
  dueAt: number;
  /** Breaks ties: what came first goes first. */
  readonly order: number;
  /** Where the heap keeps it; -1 when it is in no heap. Owned by the heap. */
  heapIndex: number;
}

/** Gives the item that is due first; adding, moving and removing cost O(log n). An item is in one heap at a time. */
export class DueTimeHeap<Item extends DueItem> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** The item due first; undefined: the heap is empty. */
  peek(): Item | undefined {
    return this.#items[0];
  }

  /** Takes out the item due first. */
  pop(): Item | undefined {
    const first = this.#items[0];
    if (first) this.remove(first);
    return first;
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** Gives an item another due time. */
  move(item: Item, dueAt: number): void {
    item.dueAt = dueAt;
    this.#settle(item, item.heapIndex);
  }

  /** Takes an item out. */
  remove(item: Item): void {
    const index = item.heapIndex;
    const last = this.#items.pop()!;
    item.heapIndex = -1;
    if (last !== item) this.#settle(last, index);
  }

  clear(): void {
    for (const item of this.#items) item.heapIndex = -1;
    this.#items.length = 0;
  }

  /** In no particular order. */
  values(): IterableIterator<Item> {
    return this.#items.values();
  }

  #settle(item: Item, index: number): void {
    this.#rise(item, index);
    this.#sink(item, item.heapIndex);
  }

  #rise(item: Item, from: number): void {
    let index = from;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#items[parentIndex]!;
      if (!isBefore(item, parent)) break;
      this.#put(parent, index);
      index = parentIndex;
    }
    this.#put(item, index);
  }

  #sink(item: Item, from: number): void {
    let index = from;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = this.#items[childIndex];
      if (!child) break;
      const right = this.#items[childIndex + 1];
      if (right && isBefore(right, child)) {
        child = right;
        childIndex++;
      }
      if (!isBefore(child, item)) break;
      this.#put(child, index);
      index = childIndex;
    }
    this.#put(item, index);
  }

  #put(item: Item, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }
}

function isBefore(one: DueItem, other: DueItem): boolean {
  return one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.order < other.order);
}
