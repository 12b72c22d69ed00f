import { array, assert, constantFrom, integer, oneof, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RingBuffer } from './ring-buffer.ts';

describe('RingBuffer', () => {
  it('always agrees with an array, whatever is pushed, shifted and removed', () => {
    const step = oneof(
      { weight: 5, arbitrary: record({ kind: constantFrom('push' as const) }) },
      { weight: 3, arbitrary: record({ kind: constantFrom('shift' as const) }) },
      record({ kind: constantFrom('remove' as const), divisor: integer({ min: 1, max: 5 }) }),
    );

    assert(
      property(array(step, { maxLength: 200 }), (steps) => {
        const buffer = new RingBuffer<number>();
        let model: number[] = [];
        let pushed = 0;
        for (const each of steps) {
          if (each.kind === 'push') {
            buffer.push(pushed);
            model.push(pushed++);
          } else if (each.kind === 'shift') expect(buffer.shift()).toBe(model.shift());
          else {
            const matches = (item: number): boolean => item % each.divisor === 0;
            expect(buffer.remove(matches)).toEqual(model.filter(matches));
            model = model.filter((item) => !matches(item));
          }
          expect(buffer.length).toBe(model.length);
          expect(buffer.peek()).toBe(model[0]);
        }
      }),
    );
  });

  it('keeps its order through growth and gives a burst back', () => {
    const buffer = new RingBuffer<number>();
    for (let index = 0; index < 5_000; index++) buffer.push(index);

    const taken = Array.from({ length: 5_000 }, () => buffer.shift());

    expect(taken).toEqual(Array.from({ length: 5_000 }, (_, index) => index));
    expect(buffer.shift()).toBeUndefined();
  });
});
