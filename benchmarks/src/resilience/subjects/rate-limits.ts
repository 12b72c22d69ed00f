import { defineEvent, sessionId, systemClock, typeOnly, type EventMessage } from '@llmgine/core';
import { rateLimitFilter } from '@llmgine/filters';
import type { Prepared } from '../../case.ts';

const Said = defineEvent('benchmark.said', { data: typeOnly<void>() });

function filtering(sessions: number): Prepared {
  const filter = rateLimitFilter({ maxPerSecond: 1e9 });
  const events: readonly EventMessage[] = Array.from({ length: sessions }, (_, index) =>
    Said(undefined, { sessionId: sessionId(`session ${index}`) }),
  );
  let next = 0;
  let accepted = 0;
  return {
    run(operations) {
      for (let index = 0; index < operations; index++) {
        if (filter.accepts(events[next]!)) accepted++;
        if (++next === sessions) next = 0;
      }
      if (accepted === 0) throw new Error('The filter refused everything.');
    },
  };
}

/** Nothing that depends on time costs less. */
export function clockRead(): Prepared {
  let sum = 0;
  return {
    run(operations) {
      for (let index = 0; index < operations; index++) sum += systemClock.monotonic();
      if (sum < 0) throw new Error('Time went backwards.');
    },
  };
}

/** Sessions that stay. */
export function filter(): Prepared {
  return filtering(100);
}

/** Sessions that come and go: buckets are made and let go all the time. */
export function filterManyKeys(): Prepared {
  return filtering(1_000_000);
}
