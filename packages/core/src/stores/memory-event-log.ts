import type { EventMessage } from '../message/message.ts';
import { checkStoreNumbers } from './check-store-numbers.ts';
import type { EventLogQuery, LoggedEvent, ReadableEventLog } from './event-log.ts';

/** How much a memory log keeps. */
export interface MemoryEventLogOptions {
  /**
   * The oldest events go when there are more.
   * @default Infinity
   */
  readonly maxCount?: number | undefined;
}

/** Makes a log that lasts as long as the process; for tests, and to look back a little way. */
export function createMemoryEventLog({
  maxCount = Infinity,
}: MemoryEventLogOptions = {}): ReadableEventLog {
  let kept: LoggedEvent[] = [];
  let position = 0;

  return {
    append(event) {
      kept.push({ position: ++position, event });
      // Cutting at twice the size makes the copying cost nothing per event.
      if (kept.length >= 2 * maxCount) kept = [...latest(kept, maxCount)];
    },
    flush: () => Promise.resolve(),
    async *read(query = {}) {
      checkStoreNumbers('read the log', query);
      let left = query.limit ?? Infinity;
      for (const logged of latest(kept, maxCount)) {
        if (left <= 0) return;
        if (!matches(logged, query)) continue;
        left--;
        yield logged;
      }
    },
  };
}

function matches({ position, event }: LoggedEvent, query: EventLogQuery): boolean {
  return (
    (query.after === undefined || position > query.after) &&
    (query.sessionId === undefined || event.sessionId === query.sessionId) &&
    (query.correlationId === undefined || event.correlationId === query.correlationId) &&
    (query.since === undefined || event.createdAt >= query.since) &&
    (query.until === undefined || event.createdAt < query.until) &&
    matchesType(event, query.type)
  );
}

function matchesType({ type }: EventMessage, wanted: EventLogQuery['type']): boolean {
  if (wanted === undefined) return true;
  return typeof wanted === 'string' ? type === wanted : wanted.includes(type);
}

/** A copy, so that events logged while somebody reads disturb nobody. */
function latest(kept: readonly LoggedEvent[], count: number): readonly LoggedEvent[] {
  return kept.slice(Math.max(0, kept.length - count));
}
