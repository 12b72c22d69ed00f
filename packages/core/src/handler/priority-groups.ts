import type { RegisteredEventHandler } from './registered-handler.ts';

/** The handlers of one event: groups one after another, the handlers of a group together. */
export interface EventPlan {
  readonly groups: readonly (readonly RegisteredEventHandler[])[];
  readonly handlers: number;
}

/** Groups handlers by ascending priority, in order of registration inside a group. */
export function groupByPriority(handlers: Iterable<RegisteredEventHandler>): EventPlan {
  const sorted = [...handlers].toSorted((a, b) => a.priority - b.priority || a.order - b.order);
  const groups: RegisteredEventHandler[][] = [];
  for (const handler of sorted) {
    const last = groups.at(-1);
    if (last?.[0]?.priority === handler.priority) last.push(handler);
    else groups.push([handler]);
  }
  return { groups, handlers: sorted.length };
}
