export {
  BusStoppedError,
  CommandCancelledError,
  CommandTimeoutError,
  PublishTooDeepError,
  SessionEndedError,
  SessionOpenError,
  WaitInsideHandlerError,
} from './bus/bus-errors.ts';
export {
  CommandResultEvent,
  CommandStartedEvent,
  EventHandlerFailedEvent,
  isBusEventType,
  SessionEndEvent,
  SessionStartEvent,
} from './bus/bus-events.ts';
export type { BusPhase } from './bus/bus-phase.ts';
export type { BusSession } from './bus/bus-session.ts';
export { createBusSession } from './bus/create-bus-session.ts';
export { createMessageBus } from './bus/create-message-bus.ts';
export type { DeadlineOptions } from './bus/deadline-options.ts';
export { messageBusOptionNames, type MessageBusOptions } from './bus/message-bus-options.ts';
export type {
  BusStats,
  EventError,
  MessageBus,
  ObservabilityPort,
  Recurrence,
  ScheduleOptions,
  StopReport,
} from './bus/message-bus.ts';
export type { PublishReceipt } from './bus/publish-receipt.ts';
export {
  InvalidOptionsError,
  isLlmgineError,
  LeaseLostError,
  LlmgineError,
  MissingPeerError,
  NotJsonSafeError,
  StreamConflictError,
} from './errors.ts';
export {
  DuplicateCommandHandlerError,
  DuplicateDefinitionError,
  EventHandlersFailedError,
  HandlerAbortedError,
  HandlerTimeoutError,
  MiddlewareMisuseError,
  NestedRetryError,
  NoCommandHandlerError,
} from './handler/handler-errors.ts';
export { HandlerPriority } from './handler/handler-priority.ts';
export type {
  CommandExecutor,
  CommandHandler,
  CommandHandlerOptions,
  EventHandler,
  EventHandlerOptions,
  EventPublisher,
  ExecuteOptions,
  HandlerContext,
  HandlerRegistrar,
  HearingPublisher,
  MaybePromise,
  PublishOptions,
} from './handler/handler.ts';
export {
  fail,
  failed,
  isOutcome,
  ok,
  succeeded,
  type CommandResult,
  type Outcome,
} from './message/command-result.ts';
export {
  anyEvent,
  defineCommand,
  defineEvent,
  defineMessages,
  type CommandShape,
  type EventShape,
  type MessageDefiner,
  type MessageSources,
} from './message/define-messages.ts';
export { toError, toErrorData, type ErrorData } from './message/error-data.ts';
export {
  AsyncSchemaError,
  InvalidMessageError,
  NewerMessageVersionError,
} from './message/message-errors.ts';
export { createMessageIds, type FillRandom, type MessageIds } from './message/message-id.ts';
export type {
  AnyDefinition,
  AnyMessage,
  CommandDefinition,
  CommandMessage,
  CommandOptions,
  Envelope,
  EventDefinition,
  EventMessage,
  EventOptions,
  MessageOf,
  ResultOf,
  Upcasts,
} from './message/message.ts';
export { BUS_SCOPE, sessionId, type SessionId } from './message/session-id.ts';
export { typeOnly } from './message/type-only.ts';
export { upcast } from './message/upcast.ts';
export {
  createOptionChecker,
  type NumberRule,
  type OptionChecker,
  type OptionNames,
} from './option-checker.ts';
export type { EventFilter } from './pipeline/event-filter.ts';
export type {
  AttemptOptions,
  AttemptWrapper,
  CommandCall,
  CommandFinish,
  CommandInvoker,
  CommandMiddleware,
  EventCall,
  EventFinish,
  EventInvoker,
  EventMiddleware,
} from './pipeline/middleware.ts';
export type { EnqueueOptions, EventQueue, QueueEntry } from './queue/event-queue.ts';
export { createLaneQueue } from './queue/lane-queue.ts';
export { RingBuffer } from './queue/ring-buffer.ts';
export { every } from './queue/schedule.ts';
export type {
  BusObserver,
  BusReadings,
  BusSignal,
  BusSignalType,
  CircuitState,
  HandlerFailure,
  HandlerOutcome,
} from './signals/bus-signal.ts';
export type {
  HistogramSnapshot,
  MetricsSnapshot,
  MetricsSource,
} from './signals/metrics-source.ts';
export { createSignalHub, type SignalHub } from './signals/signal-hub.ts';
export type { Clock } from './timing/clock.ts';
export { systemClock } from './timing/system-clock.ts';
