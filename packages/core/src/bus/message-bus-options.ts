import type { OptionNames } from '../option-checker.ts';
import type { AnyDefinition, AnyMessage } from '../message/message.ts';
import type { CommandInvoker, EventInvoker } from '../pipeline/middleware.ts';
import type { EventQueue } from '../queue/event-queue.ts';
import type { MetricsSource } from '../signals/metrics-source.ts';
import type { SignalHub } from '../signals/signal-hub.ts';
import type { EventLog } from '../stores/event-log.ts';
import type { ScheduledEventStore } from '../stores/scheduled-event-store.ts';
import type { Clock } from '../timing/clock.ts';

/** What a bus is made of; everything has a default. */
export interface MessageBusOptions {
  /** Types known without a handler, e.g. for stores. */
  readonly messages?: readonly AnyDefinition[];
  /** @default lanes without a bound */
  readonly queue?: EventQueue;
  /** @default calls the handler once */
  readonly invoker?: CommandInvoker;
  /** @default calls the handler once */
  readonly eventInvoker?: EventInvoker;
  /** @default memory */
  readonly scheduledEvents?: ScheduledEventStore;
  /**
   * With `scheduledEvents`: how long a due event is this process's unless the lease is extended, which happens while it
   * is handled. After a crash another process takes it over when this time is up.
   * @default 30000
   */
  readonly leaseMs?: number;
  /** @default none */
  readonly eventLog?: EventLog;
  /** What `getMetrics()` reads. @default none */
  readonly metrics?: MetricsSource;
  readonly signals?: SignalHub;
  /** Adds to the metadata of every message that enters the bus, e.g. trace headers. */
  readonly stampMetadata?: (metadata: Record<string, unknown>, parent?: AnyMessage) => void;
  /** @default systemClock */
  readonly clock?: Clock;
  /**
   * Lanes dispatched side by side.
   * @default Infinity
   */
  readonly concurrency?: number;
  /** @default { size: 256, timeoutMs: 0 } */
  readonly batch?: { readonly size?: number; readonly timeoutMs?: number };
  /**
   * How the bus knows that a publish happens inside a handler: by the async context, or, cheaper, only by the
   * `context` through which handlers then promise to publish and execute.
   * @default 'ambient'
   */
  readonly reentrancy?: 'ambient' | 'context';
  /**
   * How many failures of event handlers `getEventErrors()` keeps.
   * @default 1000
   */
  readonly errorHistory?: number;
  /**
   * Lets a middleware repeat commands beside an invoker that retries.
   * @default false
   */
  readonly allowNestedRetry?: boolean;
}

/** The names of a bus's options. */
export const messageBusOptionNames: OptionNames<MessageBusOptions> = {
  messages: true,
  queue: true,
  invoker: true,
  eventInvoker: true,
  scheduledEvents: true,
  leaseMs: true,
  eventLog: true,
  metrics: true,
  signals: true,
  stampMetadata: true,
  clock: true,
  concurrency: true,
  batch: true,
  reentrancy: true,
  errorHistory: true,
  allowNestedRetry: true,
};
