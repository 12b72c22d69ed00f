import {
  InvalidOptionsError,
  type BusReadings,
  type BusSignal,
  type BusSignalType,
  type HistogramSnapshot,
  type MetricsSnapshot,
  type MetricsSource,
} from '@llmgine/core';
import { Registry } from 'prom-client';
import { busGauges, type QueueSource } from './bus-gauges.ts';
import { commandMetrics } from './command-metrics.ts';
import { eventMetrics } from './event-metrics.ts';
import { failureMetrics } from './failure-metrics.ts';
import type { Counter } from './counter.ts';
import type { Gauge, GaugeOptions } from './gauge.ts';
import type { Histogram, HistogramOptions } from './histogram.ts';
import { seriesName, type InstrumentOptions } from './instrument.ts';
import { InstrumentSet, type Instruments } from './instruments.ts';
import { modelAndToolMetrics } from './model-and-tool-metrics.ts';
import type { SignalReaders } from './signal-readers.ts';

/** What to measure with. */
export interface MetricsCollectorOptions {
  /**
   * Stands before every name that Prometheus sees.
   * @default 'llmgine_'
   */
  readonly prefix?: string;
  /**
   * Where `prom-client` collects; pass your own to serve it with your other metrics.
   * @default a new registry
   */
  readonly registry?: Registry;
  /**
   * How many combinations of label values one metric keeps apart; further ones count as `other`.
   * @default 500
   */
  readonly maxSeries?: number;
}

/** Measures a bus: pass it as the bus's `metrics`. Instruments of your own may be made with it too. */
export interface MetricsCollector extends MetricsSource, Instruments {
  /** For `prom-client`: `registry.metrics()` gives the text that Prometheus scrapes. */
  readonly registry: Registry;
  /** Everything measured so far, by the names of the guide and without prefix. */
  snapshot(): MetricsSnapshot;
  /** Back to zero. */
  reset(): void;
}

/** Makes a collector with the metrics of a bus, its tools and its models. @throws InvalidOptionsError */
export function createMetricsCollector({
  prefix = 'llmgine_',
  registry = new Registry(),
  maxSeries = 500,
}: MetricsCollectorOptions = {}): MetricsCollector {
  checkOptions(prefix, maxSeries);
  const instruments = new InstrumentSet(registry, prefix, maxSeries);
  const queue: QueueSource = {};
  const readers = readersByType([
    eventMetrics(instruments, maxSeries),
    commandMetrics(instruments, maxSeries),
    busGauges(instruments, queue),
    failureMetrics(instruments),
    modelAndToolMetrics(instruments),
  ]);

  return new Collector({ registry, instruments, readers, queue });
}

interface CollectorParts {
  readonly registry: Registry;
  readonly instruments: InstrumentSet;
  readonly readers: ReadonlyMap<BusSignalType, readonly Read[]>;
  readonly queue: QueueSource;
}

class Collector implements MetricsCollector {
  readonly registry: Registry;
  /** A field, not made anew each time it is asked for: the bus asks at every signal. */
  signals: readonly BusSignalType[];
  readonly #instruments: InstrumentSet;
  readonly #readers: CollectorParts['readers'];
  readonly #queue: QueueSource;
  readonly #published: readonly Read[];
  readonly #processed: readonly Read[];
  readonly #started: readonly Read[];
  readonly #completed: readonly Read[];

  constructor({ registry, instruments, readers, queue }: CollectorParts) {
    this.registry = registry;
    this.#instruments = instruments;
    this.#readers = readers;
    this.#queue = queue;
    this.signals = [...readers.keys()];
    this.#published = readers.get('event.published') ?? [];
    this.#processed = readers.get('event.processed') ?? [];
    this.#started = readers.get('command.started') ?? [];
    this.#completed = readers.get('command.completed') ?? [];
  }

  observe(signal: BusSignal): void {
    const reading = this.#readingOf(signal.type);
    for (let index = 0; index < reading.length; index++) reading[index]!(signal);
  }

  /** What comes with each message is told apart by comparing, which is quicker than looking it up. */
  #readingOf(type: BusSignalType): readonly Read[] {
    switch (type) {
      case 'event.published':
        return this.#published;
      case 'event.processed':
        return this.#processed;
      case 'command.started':
        return this.#started;
      case 'command.completed':
        return this.#completed;
      default:
        return this.#readers.get(type) ?? [];
    }
  }

  /** A bus that can be asked for the length of its queue need not report every change of it. */
  attach(readings: BusReadings): void {
    this.#queue.readings = readings;
    this.signals = [...this.#readers.keys()].filter((type) => type !== 'event.queued');
  }

  snapshot(): MetricsSnapshot {
    return snapshotOf(this.#instruments);
  }

  reset(): void {
    this.#instruments.reset();
  }

  counter<const Name extends string = never>(options: InstrumentOptions<Name>): Counter<Name> {
    return this.#instruments.counter(options);
  }

  gauge<const Name extends string = never>(options: GaugeOptions<Name>): Gauge<Name> {
    return this.#instruments.gauge(options);
  }

  histogram<const Name extends string = never>(options: HistogramOptions<Name>): Histogram<Name> {
    return this.#instruments.histogram(options);
  }
}

type Read = (signal: BusSignal) => void;

function readersByType(all: readonly SignalReaders[]): ReadonlyMap<BusSignalType, readonly Read[]> {
  const byType = new Map<BusSignalType, Read[]>();
  for (const readers of all) {
    for (const [type, read] of Object.entries(readers)) {
      const reading = byType.get(type as BusSignalType) ?? [];
      byType.set(type as BusSignalType, [...reading, read as Read]);
    }
  }
  return byType;
}

function snapshotOf({ counters, gauges, histograms }: InstrumentSet): MetricsSnapshot {
  const counted: Record<string, number> = {};
  for (const counter of counters) {
    counted[counter.name] = counter.total();
    for (const { labels, value } of counter.samples()) {
      counted[seriesName(counter.name, labels)] = value;
    }
  }
  const shown: Record<string, number> = {};
  for (const gauge of gauges) {
    for (const { labels, value } of gauge.samples()) shown[seriesName(gauge.name, labels)] = value;
  }
  const spread: Record<string, HistogramSnapshot> = {};
  for (const histogram of histograms) {
    spread[histogram.name] = histogram.total();
    for (const { labels, snapshot } of histogram.snapshots()) {
      spread[seriesName(histogram.name, labels)] = snapshot;
    }
  }
  return { counters: counted, gauges: shown, histograms: spread };
}

function checkOptions(prefix: string, maxSeries: number): void {
  const problems: string[] = [];
  if (!/^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(prefix)) {
    problems.push(`prefix may hold letters, digits and _ and begin with no digit, got '${prefix}'`);
  }
  if (!Number.isInteger(maxSeries) || maxSeries < 1) {
    problems.push(`maxSeries must be a positive integer, got ${maxSeries}`);
  }
  if (problems.length > 0) throw new InvalidOptionsError('create a metrics collector', problems);
}
