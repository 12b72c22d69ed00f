// The ports that persistence implements.
export type { DeadLetterEntry, DeadLetterFilter, DeadLetterQuery, DeadLetterStore } from './stores/dead-letter-store.ts';
export type { EventLog } from './stores/event-log.ts';
export type { ClaimRequest, ClaimedEvent, ScheduledEntry, ScheduledEventStore } from './stores/scheduled-event-store.ts';
export type { StreamStore } from './stores/stream-store.ts';
