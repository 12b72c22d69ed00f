import type { CommandResult } from '../message/command-result.ts';
import type { CommandMessage, EventMessage } from '../message/message.ts';
import type { BusObserver, HandlerFailure } from './bus-signal.ts';

/** What was observed of one quantity. */
export interface HistogramSnapshot {
  readonly count: number;
  readonly sum: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Everything measured, at one moment. */
export interface MetricsSnapshot {
  readonly counters: Readonly<Record<string, number>>;
  readonly gauges: Readonly<Record<string, number>>;
  readonly histograms: Readonly<Record<string, HistogramSnapshot>>;
}

/**
 * Measures a bus by watching it. The bus that takes this as its `metrics` calls the optional methods in place of the
 * signals of the same names, if `signals` are named: counting needs neither an object nor the time of day.
 */
export interface MetricsSource extends BusObserver {
  /** In place of `event.published`. */
  eventPublished?(event: EventMessage): void;
  /** In place of `event.processed`. */
  eventProcessed?(
    event: EventMessage,
    durationMs: number,
    failures: readonly HandlerFailure[],
  ): void;
  /** In place of `command.started`. */
  commandStarted?(command: CommandMessage): void;
  /** In place of `command.completed`. */
  commandCompleted?(command: CommandMessage, durationMs: number, result: CommandResult): void;
  /** Forgets what was measured. Called by the bus's `reset()`. */
  reset?(): void;
  snapshot(): MetricsSnapshot | Promise<MetricsSnapshot>;
}
