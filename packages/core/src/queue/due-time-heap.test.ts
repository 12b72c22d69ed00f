import { assert, constantFrom, integer, nat, oneof, property, array, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DueTimeHeap, type DueItem } from './due-time-heap.ts';

function item(dueAt: number, order: number): DueItem {
  return { dueAt, order, heapIndex: -1 };
}

describe('DueTimeHeap', () => {
  it('gives items by due time, then by order', () => {
    const heap = new DueTimeHeap();
    for (const each of [item(3, 0), item(1, 1), item(1, 2), item(2, 3)]) heap.add(each);

    const orders = [heap.pop(), heap.pop(), heap.pop(), heap.pop()].map((each) => each?.order);

    expect(orders).toEqual([1, 2, 3, 0]);
    expect(heap.pop()).toBeUndefined();
  });

  it('always agrees with a sorted list, whatever is added, moved, removed and taken', () => {
    const step = oneof(
      record({ kind: constantFrom('add' as const), dueAt: integer({ min: 0, max: 20 }) }),
      record({
        kind: constantFrom('move' as const),
        at: nat(),
        dueAt: integer({ min: 0, max: 20 }),
      }),
      record({ kind: constantFrom('remove' as const), at: nat() }),
      record({ kind: constantFrom('pop' as const) }),
    );

    assert(
      property(array(step, { maxLength: 60 }), (steps) => {
        const heap = new DueTimeHeap();
        let model: DueItem[] = [];
        let order = 0;
        for (const each of steps) {
          const chosen = 'at' in each ? model[each.at % Math.max(model.length, 1)] : undefined;
          if (each.kind === 'add') {
            const added = item(each.dueAt, order++);
            heap.add(added);
            model.push(added);
          } else if (each.kind === 'move' && chosen) heap.move(chosen, each.dueAt);
          else if (each.kind === 'remove' && chosen) {
            heap.remove(chosen);
            model = model.filter((other) => other !== chosen);
          } else if (each.kind === 'pop') {
            const first = heap.pop();
            model = model.filter((other) => other !== first);
          }
          model.sort((one, other) => one.dueAt - other.dueAt || one.order - other.order);
          expect(heap.peek()).toBe(model[0]);
          expect(heap.size).toBe(model.length);
        }
      }),
    );
  });

  it('forgets everything on clear', () => {
    const heap = new DueTimeHeap();
    const held = item(1, 0);
    heap.add(held);

    heap.clear();

    expect(heap.size).toBe(0);
    expect(held.heapIndex).toBe(-1);
  });
});
