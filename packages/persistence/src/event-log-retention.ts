import { sql } from 'kysely';
import { prepare, slot } from './database/statement.ts';
import { nowMs } from './database/store-clock.ts';
import type { StoreContext } from './store-context.ts';

/** What the log keeps. */
export interface RetentionOptions {
  readonly maxAgeMs?: number | undefined;
  readonly maxCount?: number | undefined;
}

/** Removes logged events that need not be kept. */
export interface EventLogRetention {
  /** Resolves to how many were removed. */
  prune(): Promise<number>;
}

/** How many events are removed at a time, so that nobody waits long. */
const STEP = 500;

/** Makes the retention of the event log. */
export function createEventLogRetention(
  { maxAgeMs, maxCount }: RetentionOptions,
  context: StoreContext,
): EventLogRetention {
  const { executor } = context;
  const queries = createQueries(context);

  return {
    async prune() {
      let removed = 0;
      if (maxCount !== undefined) {
        const { rows } = await executor.read(queries.lastBeyond({ count: maxCount }));
        if (rows[0]) removed += await removeUpTo(Number(rows[0]['seq']));
      }
      if (maxAgeMs !== undefined) {
        // From the oldest on until one is young enough: reads no more than it removes.
        const { rows } = await executor.read(queries.firstYoung({ ageMs: maxAgeMs }));
        removed += await removeUpTo(rows[0] ? Number(rows[0]['seq']) - 1 : Number.MAX_SAFE_INTEGER);
      }
      return removed;
    },
  };

  async function removeUpTo(seq: number): Promise<number> {
    let removed = 0;
    for (;;) {
      const { changes } = await executor.run(queries.remove({ seq, count: STEP }));
      removed += changes;
      if (changes < STEP) return removed;
    }
  }
}

function createQueries({ builder, dialect }: StoreContext) {
  const log = builder.selectFrom('event_log').select('seq');
  const old = log.where('seq', '<=', slot('seq')).orderBy('seq').limit(slot('count'));
  return {
    lastBeyond: prepare(log.orderBy('seq', 'desc').limit(1).offset(slot('count'))),
    firstYoung: prepare(
      log
        .where('created_at', '>=', sql<number>`${nowMs(dialect)} - ${slot('ageMs')}`)
        .orderBy('seq')
        .limit(1),
    ),
    remove: prepare(builder.deleteFrom('event_log').where('seq', 'in', old)),
  };
}
