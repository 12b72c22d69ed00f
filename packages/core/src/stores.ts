// The ports that persistence implements, and what they are without it: memory.
export type {
  DeadLetterEntry,
  DeadLetterFilter,
  DeadLetterQuery,
  DeadLetterStore,
} from './stores/dead-letter-store.ts';
export type { EventLog, EventLogQuery, LoggedEvent, ReadableEventLog } from './stores/event-log.ts';
export { toJsonText } from './stores/json-text.ts';
export {
  createMemoryDeadLetterStore,
  type MemoryDeadLetterStoreOptions,
} from './stores/memory-dead-letter-store.ts';
export { createMemoryEventLog, type MemoryEventLogOptions } from './stores/memory-event-log.ts';
export {
  createMemoryScheduledEventStore,
  type MemoryScheduledEventStore,
} from './stores/memory-scheduled-event-store.ts';
export { createMemoryStreamStore } from './stores/memory-stream-store.ts';
export type {
  ClaimedEvent,
  ClaimRequest,
  ScheduledEntry,
  ScheduledEventStore,
} from './stores/scheduled-event-store.ts';
export type { StreamStore } from './stores/stream-store.ts';
