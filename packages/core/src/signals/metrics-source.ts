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

/** Measures a bus by watching it. */
export interface MetricsSource extends BusObserver {
  snapshot(): MetricsSnapshot | Promise<MetricsSnapshot>;
}
