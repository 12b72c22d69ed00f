import { array, assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMessageIds } from './message-id.ts';

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('createMessageIds', () => {
  it('1.2 ids are well-formed, unique and sorted, whatever the clock does', () => {
    const instant = double({ min: 0, max: 5_000, noNaN: true });
    assert(
      property(array(instant, { maxLength: 200 }), (instants) => {
        const ids = createMessageIds();

        const made = instants.map((now) => ids.next(now));

        expect(made.every((id) => uuidV7.test(id))).toBe(true);
        expect(new Set(made).size).toBe(made.length);
        expect(made.toSorted()).toEqual(made);
      }),
    );
  });

  it('1.2 randomness is drawn once per millisecond, then counted', () => {
    let draws = 0;
    const ids = createMessageIds((bytes) => {
      draws++;
      bytes.fill(7);
    });

    const made = [ids.next(1_000), ids.next(1_000), ids.next(1_000.9), ids.next(1_001)];

    expect(draws).toBe(2);
    expect(made.map((id) => id.slice(14, 18))).toEqual(['7000', '7001', '7002', '7000']);
  });

  it('1.2 a millisecond that runs out of counts goes on in the next one', () => {
    const ids = createMessageIds();

    const made = Array.from({ length: 10_000 }, () => ids.next(1_000));

    expect(new Set(made).size).toBe(10_000);
    expect(made.toSorted()).toEqual(made);
    expect(made.at(-1)!.slice(0, 13)).toBe('00000000-03ea');
  });

  it('is well-formed also for instants before the epoch', () => {
    expect(createMessageIds().next(-5)).toMatch(uuidV7);
  });
});
