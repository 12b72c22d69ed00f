import type { EventMessage, EventPublisher } from '@llmgine/core';
import type { EventLogQuery, ReadableEventLog } from '@llmgine/core/stores';

/** Marks events that were published once before; the log does not take them a second time. */
const REPLAYED = 'llmgine.replayed';

/** How to replay. */
export interface ReplayOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Tells whether an event comes from a replay. */
export function isReplayed(event: EventMessage): boolean {
  return event.metadata[REPLAYED] === true;
}

/**
 * Publishes logged events again, in order, each when the one before has been handled; resolves to how many. They keep
 * their ids and sessions, carry `llmgine.replayed` in their metadata, and are not logged again.
 */
export async function replayEvents(
  log: ReadableEventLog,
  {
    bus,
    query = {},
    signal,
  }: ReplayOptions & { readonly bus: EventPublisher; readonly query?: EventLogQuery },
): Promise<number> {
  let replayed = 0;
  for await (const { event } of log.read(query)) {
    if (signal?.aborted) break;
    const { scheduledAt: _held, ...due } = event;
    await bus.publish({ ...due, metadata: { ...event.metadata, [REPLAYED]: true } }, { signal });
    replayed++;
  }
  return replayed;
}
