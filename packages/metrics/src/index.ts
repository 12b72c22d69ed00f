export { CIRCUIT_STATE_VALUES } from './bus-gauges.ts';
export { Counter, type CounterSeries } from './counter.ts';
export { Gauge, type GaugeOptions } from './gauge.ts';
export { DURATION_BOUNDS, Histogram, HistogramSeries, type HistogramOptions } from './histogram.ts';
export type { Exportable, InstrumentOptions, Sample } from './instrument.ts';
export type { Instruments } from './instruments.ts';
export { QUANTILE_ERROR } from './log-buckets.ts';
export {
  createMetricsCollector,
  type MetricsCollector,
  type MetricsCollectorOptions,
} from './metrics-collector.ts';
export { metricsHandler, type MetricsHandler } from './metrics-handler.ts';
export { OVERFLOW_LABEL, type Labels } from './series-table.ts';
