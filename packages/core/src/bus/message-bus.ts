import type { BusPhase } from './bus-phase.ts';
import type { CommandExecutor, HandlerRegistrar, HearingPublisher } from '../handler/handler.ts';
import type { AnyDefinition, EventMessage } from '../message/message.ts';
import type { SessionId } from '../message/session-id.ts';
import type { EventFilter } from '../pipeline/event-filter.ts';
import type { AttemptWrapper, CommandMiddleware, EventMiddleware } from '../pipeline/middleware.ts';
import type { BusObserver, HandlerFailure } from '../signals/bus-signal.ts';
import type { MetricsSnapshot } from '../signals/metrics-source.ts';
import type { ScheduledEntry } from '../stores/scheduled-event-store.ts';
import type { BusSession } from './bus-session.ts';
import type { DeadlineOptions } from './deadline-options.ts';

/** When something happens again. */
export interface Recurrence {
  /** The first instant after `after` (both epoch milliseconds); undefined: never again. */
  next(after: number): number | undefined;
}

/** How to repeat an event. */
export interface ScheduleOptions {
  /**
   * Names the schedule; occurrences get the id `{id}:{instant}`.
   * @default a new UUIDv7
   */
  readonly id?: string | undefined;
  /**
   * What to do about occurrences that fell due while nobody could handle them: skip them, or handle one for all.
   * @default 'skip'
   */
  readonly onMissed?: 'skip' | 'once' | undefined;
}

/** What `stop()` could not finish. */
export interface StopReport {
  /** Queued events that were dropped. */
  readonly dropped: number;
  /** Running handlers that were aborted. */
  readonly abandoned: number;
}

/** A failed event handler, as kept for inspection. */
export interface EventError extends HandlerFailure {
  readonly event: EventMessage;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The bus at one moment. */
export interface BusStats {
  readonly state: BusPhase;
  /** Accepted events whose dispatch has not begun. */
  readonly queueSize: number;
  /** Commands and event dispatches that are running. */
  readonly inFlight: number;
  /** Future events held; undefined when the store cannot say without being asked. */
  readonly scheduledEvents: number | undefined;
  /** Open sessions. */
  readonly sessions: number;
  readonly registeredHandlers: number;
  /** Handlers of the BUS scope, and of all sessions together. */
  readonly handlersByScope: { readonly bus: number; readonly sessions: number };
  /** Event-handler failures since the bus was made or reset. */
  readonly eventErrors: number;
  readonly batch: { readonly size: number; readonly timeoutMs: number };
}

/** What `setObservabilityManager` takes: a watcher that may also wrap. */
export type ObservabilityPort = BusObserver &
  Partial<CommandMiddleware & EventMiddleware & AttemptWrapper>;

/** Carries commands to their one handler and events to all of theirs. */
export interface MessageBus
  extends CommandExecutor, HearingPublisher, HandlerRegistrar, AsyncDisposable {
  /** Begins to dispatch events. */
  start(): Promise<void>;
  /** Refuses new work, finishes what there is, aborts what is left at the deadline. */
  stop(options?: DeadlineOptions): Promise<StopReport>;
  /** Stops, then forgets handlers, filters, middleware, observers, held events and statistics. */
  reset(): Promise<void>;
  /**
   * Opens a session; leaving its scope ends it.
   * @throws SessionOpenError, BusStoppedError
   */
  session(sessionId?: SessionId): Promise<BusSession>;
  /** Removes all handlers of a session. Does nothing for the BUS scope. */
  unregisterSessionHandlers(sessionId: SessionId): void;
  /**
   * Resolves when the events accepted before the call, and all that their handlers published, have settled.
   * @throws WaitInsideHandlerError
   */
  waitForEvents(): Promise<void>;
  addEventFilter(filter: EventFilter): Disposable;
  /** First added is outermost. @throws NestedRetryError */
  addCommandMiddleware(middleware: CommandMiddleware): Disposable;
  /** First added is outermost. */
  addEventMiddleware(middleware: EventMiddleware): Disposable;
  addObserver(observer: BusObserver): Disposable;
  /** `size` is what one turn of the pump takes; `timeoutMs` lets a batch fill first. @default { size: 256, timeoutMs: 0 } */
  setBatchProcessing(batch: { readonly size: number; readonly timeoutMs: number }): void;
  /** Failing event handlers show in receipts, signals and events only. The default. */
  suppressEventErrors(): void;
  /** Awaited publishes reject when a handler of their event fails. */
  unsuppressEventErrors(): void;
  /** The definition of a type that is known here: one with a handler, or named in the option `messages`. */
  getDefinition(type: string): AnyDefinition | undefined;
  /** The latest failures of event handlers, oldest first; bounded by the option `errorHistory`. */
  getEventErrors(): readonly EventError[];
  getStats(): BusStats;
  /** What the `metrics` option measured; empty without it. */
  getMetrics(): Promise<MetricsSnapshot>;
  /** Adds an observer that, where it wraps, is also the outermost middleware. Replaces the one before. */
  setObservabilityManager(manager: ObservabilityPort): Disposable;
  /** Publishes an event again and again. Disposing ends it. */
  schedule(event: EventMessage, recurrence: Recurrence, options?: ScheduleOptions): Disposable;
  /** False: no such event is held. */
  cancelScheduled(id: string): Promise<boolean>;
  /** False: no such event is held. `at` is epoch milliseconds. */
  reschedule(id: string, at: number): Promise<boolean>;
  listScheduled(): Promise<readonly ScheduledEntry[]>;
}
