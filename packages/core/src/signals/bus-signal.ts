import type { BusPhase } from '../bus/bus-phase.ts';
import type { AnyMessage, CommandMessage, EventMessage } from '../message/message.ts';
import type { CommandResult } from '../message/command-result.ts';
import type { SessionId } from '../message/session-id.ts';

/** One handler's failure to handle one event. */
export interface HandlerFailure {
  readonly handler: string;
  readonly error: Error;
}

/** Whether a circuit lets calls through. */
export type CircuitState = 'closed' | 'open' | 'half_open' | 'isolated';

/** How one call of a handler ended. */
export type HandlerOutcome = 'succeeded' | 'failed' | 'timed-out' | 'aborted';

/** One thing the bus or a part of it reports to its observers. `at` is epoch milliseconds. */
export type BusSignal = { readonly at: number } & (
  | { readonly type: 'bus.started' }
  | { readonly type: 'bus.stopped'; readonly dropped: number; readonly abandoned: number }
  | { readonly type: 'session.started'; readonly sessionId: SessionId }
  | { readonly type: 'session.ended'; readonly sessionId: SessionId; readonly error?: Error }
  | { readonly type: 'handlers.changed'; readonly registered: number }
  | { readonly type: 'event.published'; readonly event: EventMessage }
  | { readonly type: 'event.filtered'; readonly event: EventMessage; readonly filter: string }
  | { readonly type: 'event.scheduled'; readonly event: EventMessage; readonly scheduledAt: number }
  | { readonly type: 'event.queued'; readonly event: EventMessage; readonly queueSize: number }
  | {
      readonly type: 'event.dropped';
      readonly event: EventMessage;
      readonly queueSize: number;
      readonly reason: 'queue-full' | 'evicted' | 'aborted' | 'stopped';
    }
  | {
      readonly type: 'event.processed';
      readonly event: EventMessage;
      readonly durationMs: number;
      readonly failures: readonly HandlerFailure[];
    }
  | { readonly type: 'command.started'; readonly command: CommandMessage }
  | {
      readonly type: 'command.retried';
      readonly command: CommandMessage;
      /** The attempt that failed, the first being 1. */
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: Error;
    }
  | {
      readonly type: 'command.completed';
      readonly command: CommandMessage;
      readonly result: CommandResult;
      readonly durationMs: number;
    }
  | {
      readonly type: 'command.dead-lettered';
      readonly command: CommandMessage;
      readonly error: Error;
      readonly deadLetters: number;
    }
  | {
      readonly type: 'event.dead-lettered';
      readonly event: EventMessage;
      readonly handler: string;
      readonly error: Error;
      readonly deadLetters: number;
    }
  | {
      readonly type: 'handler.started';
      readonly message: AnyMessage;
      readonly handler: string;
      readonly attempt: number;
    }
  | {
      readonly type: 'handler.finished';
      readonly message: AnyMessage;
      readonly handler: string;
      readonly attempt: number;
      readonly durationMs: number;
      readonly outcome: HandlerOutcome;
      readonly error?: Error;
    }
  | {
      /** A handler that had been given up on settled after all. */
      readonly type: 'handler.settled-late';
      readonly message: AnyMessage;
      readonly handler: string;
      readonly result?: unknown;
      readonly error?: Error;
    }
  | {
      readonly type: 'event-handler.retried';
      readonly event: EventMessage;
      readonly handler: string;
      readonly attempt: number;
      readonly delayMs: number;
      readonly error: Error;
    }
  | {
      readonly type: 'circuit.changed';
      /** The breaker's key: the command type unless keyed otherwise. */
      readonly breaker: string;
      readonly from: CircuitState;
      readonly to: CircuitState;
      readonly cause: string;
    }
  | {
      readonly type: 'queue.pressure-changed';
      readonly active: boolean;
      readonly queueSize: number;
    }
  | {
      readonly type: 'filter.failed';
      readonly filter: string;
      readonly event: EventMessage;
      readonly error: Error;
    }
  | {
      /** A function given as an option threw; its default was used instead. */
      readonly type: 'callback.failed';
      readonly callback: string;
      readonly error: Error;
    }
  | { readonly type: 'observer.failed'; readonly error: Error }
  | {
      readonly type: 'store.failed';
      /** Which store, e.g. `scheduled-events`. */
      readonly store: string;
      readonly operation: string;
      readonly error: Error;
    }
  /** Entries were retried with success, discarded or purged. */
  | { readonly type: 'dead-letters.changed'; readonly deadLetters: number }
  | {
      readonly type: 'dead-letter.evicted';
      readonly id: string;
      readonly entry: unknown;
      readonly evicted: number;
    }
  | { readonly type: 'schedule.unknown-type'; readonly eventType: string; readonly id: string }
  | { readonly type: 'schedule.unknown-schedule'; readonly schedule: string; readonly id: string }
  | { readonly type: 'schedule.lease-lost'; readonly event: EventMessage }
);

/** The name of a signal. */
export type BusSignalType = BusSignal['type'];

/** What can be asked of a bus at any time, and need not be reported at every change. */
export interface BusReadings {
  phase(): BusPhase;
  /** Accepted events whose dispatch has not begun. */
  queueSize(): number;
  /**
   * How long the oldest of those has waited, in milliseconds; 0 when there are none. Events are timed from the first
   * call on, so ask once when you get this.
   */
  oldestQueuedMs(): number;
}

/** Watches what the bus reports. Called synchronously: buffer what is slow. */
export interface BusObserver {
  observe(signal: BusSignal): void;
  /** Called by the bus that takes this, before it observes. */
  attach?(readings: BusReadings): void;
  /**
   * The signals this observer wants; what nobody wants is never built.
   * @default all
   */
  readonly signals?: readonly BusSignalType[];
  /** Calls back when `signals`, or what it wraps, has become something else. */
  onChange?(changed: () => void): Disposable;
  /** Writes out what is buffered. Awaited by `stop()`. */
  flush?(): Promise<void>;
}
