// The ports that persistence implements, and what they are without it: memory.
export { checkStoreNumbers, type StoreNumbers } from './stores/check-store-numbers.ts';
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
export { scheduleOf } from './stores/schedule-of.ts';
export type {
  ClaimedEvent,
  ClaimRequest,
  HeldInstead,
  KnownWork,
  ScheduledEntry,
  ScheduledEventStore,
  UnknownWork,
} from './stores/scheduled-event-store.ts';
export type { StreamStore } from './stores/stream-store.ts';
