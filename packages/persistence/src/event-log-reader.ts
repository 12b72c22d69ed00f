import type { EventMessage } from '@llmgine/core';
import { checkStoreNumbers, type EventLogQuery, type LoggedEvent } from '@llmgine/core/stores';
import { prepare, slot } from './database/statement.ts';
import type { StoreContext } from './store-context.ts';

/** Reads logged events. */
export interface EventLogReader {
  read(query: EventLogQuery): AsyncGenerator<LoggedEvent>;
}

/** How many events are read at a time. */
const PAGE = 500;

/** Makes the reader of the event log. */
export function createEventLogReader(context: StoreContext): EventLogReader {
  return {
    async *read(query) {
      checkStoreNumbers('read the log', query);
      const page = createPageQuery(query, context);
      let left = query.limit ?? Infinity;
      let after = query.after ?? 0;
      while (left > 0) {
        const count = Math.min(PAGE, left);
        const { rows } = await context.executor.read(page({ after, count }));
        for (const row of rows) {
          after = Number(row['seq']);
          yield { position: after, event: JSON.parse(String(row['message'])) as EventMessage };
        }
        if (rows.length < count) return;
        left -= rows.length;
      }
    },
  };
}

function createPageQuery(query: EventLogQuery, { builder }: StoreContext) {
  const { sessionId, correlationId, type, since, until } = query;
  const types = typeof type === 'string' ? [type] : type;
  let page = builder
    .selectFrom('event_log')
    .select(['seq', 'message'])
    .where('seq', '>', slot('after'))
    .orderBy('seq')
    .limit(slot('count'));
  if (sessionId !== undefined) page = page.where('session_id', '=', sessionId);
  if (correlationId !== undefined) page = page.where('correlation_id', '=', correlationId);
  if (since !== undefined) page = page.where('created_at', '>=', Math.ceil(since));
  if (until !== undefined) page = page.where('created_at', '<', Math.ceil(until));
  if (types)
    page = page.where((where) =>
      types.length > 0 ? where('type', 'in', types) : where.lit(false),
    );
  return prepare(page);
}
