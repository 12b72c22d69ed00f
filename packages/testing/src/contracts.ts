// Facts that hold for every implementation of a port. They are vitest suites, so they have an entry point of their own.
export {
  describeDeadLetterStoreContract,
  type DeadLetterStoreUnderTest,
} from './contracts/dead-letter-store.ts';
export { describeEventLogContract, type EventLogUnderTest } from './contracts/event-log.ts';
export { describeEventQueueContract, type EventQueueUnderTest } from './contracts/event-queue.ts';
export { describeMessageBusContract, type MessageBusUnderTest } from './contracts/message-bus.ts';
export type { ScheduledEventStoreUnderTest } from './contracts/open-scheduled-event-store.ts';
export { describeScheduledEventStoreContract } from './contracts/scheduled-event-store.ts';
export {
  describeStreamStoreContract,
  type StreamStoreUnderTest,
} from './contracts/stream-store.ts';
