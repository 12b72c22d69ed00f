import type { CommandMessage, EventMessage } from '../message/message.ts';
import type { BusObserver } from './bus-signal.ts';

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

/** What can be asked of a bus at any time, and need not be reported at every change. */
export interface BusReadings {
  /** Accepted events whose dispatch has not begun. */
  queueSize(): number;
}

/** Measures a bus by watching it. */
export interface MetricsSource extends BusObserver {
  /** Called by the bus that takes this as its `metrics`, before it observes. */
  attach?(readings: BusReadings): void;
  /**
   * Called in place of the signal `event.published` by the bus that takes this as its `metrics`, if `signals` are
   * named: counting needs neither an object nor the time.
   */
  eventPublished?(event: EventMessage): void;
  /** The same in place of `command.started`. */
  commandStarted?(command: CommandMessage): void;
  /** Forgets what was measured. Called by the bus's `reset()`. */
  reset?(): void;
  snapshot(): MetricsSnapshot | Promise<MetricsSnapshot>;
}
