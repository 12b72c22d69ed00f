import { array, assert, double, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineEvent } from '../message/define-messages.ts';
import { BUS_SCOPE } from '../message/session-id.ts';
import { typeOnly } from '../message/type-only.ts';
import { groupByPriority } from './priority-groups.ts';
import type { RegisteredEventHandler } from './registered-handler.ts';

const definition = defineEvent('x', { data: typeOnly<unknown>() });

function handler(priority: number, order: number): RegisteredEventHandler {
  return {
    definition,
    name: `${order}`,
    handle: () => {},
    sessionId: BUS_SCOPE,
    timeoutMs: undefined,
    priority,
    order,
  };
}

describe('groupByPriority', () => {
  it('3.1 groups any numbers in ascending order, and inside a group in order of registration', () => {
    assert(
      property(
        array(double({ noNaN: true, noDefaultInfinity: true }).map((each) => each + 0)),
        (priorities) => {
          const handlers = priorities.map((priority, order) => handler(priority, order));

          const plan = groupByPriority(handlers.toReversed());

          const groups = plan.groups.map((group) => group.map(({ priority }) => priority));
          const heads = groups.map((group) => group[0]!);
          expect(heads).toEqual([...new Set(priorities)].toSorted((a, b) => a - b));
          for (const group of plan.groups) {
            expect(new Set(group.map(({ priority }) => priority)).size).toBe(1);
            const orders = group.map(({ order }) => order);
            expect(orders).toEqual(orders.toSorted((a, b) => a - b));
          }
          expect(plan.handlers).toBe(priorities.length);
        },
      ),
    );
  });
});
