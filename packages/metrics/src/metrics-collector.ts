import {
  InvalidOptionsError,
  type BusReadings,
  type BusSignal,
  type BusSignalType,
  type CommandMessage,
  type CommandResult,
  type EventMessage,
  type HandlerFailure,
  type HistogramSnapshot,
  type MetricsSnapshot,
  type MetricsSource,
} from '@llmgine/core';
import { Registry } from 'prom-client';
import { busGauges, type QueueSource } from './bus-gauges.ts';
import { commandMetrics, type CommandMetrics } from './command-metrics.ts';
import { eventMetrics, type EventMetrics } from './event-metrics.ts';
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
  const events = eventMetrics(instruments, maxSeries);
  const commands = commandMetrics(instruments, maxSeries);
  const calls = modelAndToolMetrics(instruments);
  const readers = readersByType([
    events.readers,
    commands.readers,
    busGauges(instruments, queue),
    failureMetrics(instruments),
    { 'event.published': ({ event }) => calls(event) },
  ]);

  return new Collector({ registry, instruments, readers, queue, events, commands, calls });
}

interface CollectorParts {
  readonly registry: Registry;
  readonly instruments: InstrumentSet;
  readonly readers: ReadonlyMap<BusSignalType, Read>;
  readonly queue: QueueSource;
  readonly events: EventMetrics;
  readonly commands: CommandMetrics;
  readonly calls: (event: EventMessage) => void;
}

class Collector implements MetricsCollector {
  readonly registry: Registry;
  /** A field, not made anew each time it is asked for: the bus asks at every signal. */
  signals: readonly BusSignalType[];
  readonly #instruments: InstrumentSet;
  readonly #readers: CollectorParts['readers'];
  readonly #queue: QueueSource;
  readonly #events: EventMetrics;
  readonly #commands: CommandMetrics;
  readonly #calls: CollectorParts['calls'];

  constructor({ registry, instruments, readers, queue, events, commands, calls }: CollectorParts) {
    this.registry = registry;
    this.#instruments = instruments;
    this.#readers = readers;
    this.#queue = queue;
    this.#events = events;
    this.#commands = commands;
    this.#calls = calls;
    this.signals = [...readers.keys()];
  }

  eventPublished(event: EventMessage): void {
    this.#events.published(event.type);
    this.#calls(event);
  }

  eventProcessed(
    { type }: EventMessage,
    durationMs: number,
    failures: readonly HandlerFailure[],
  ): void {
    this.#events.processed(type, durationMs, failures.length > 0);
  }

  commandStarted({ type }: CommandMessage): void {
    this.#commands.started(type);
  }

  commandCompleted({ type }: CommandMessage, durationMs: number, { success }: CommandResult): void {
    this.#commands.completed(type, durationMs, !success);
  }

  observe(signal: BusSignal): void {
    this.#readers.get(signal.type)?.(signal);
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

/** The signal without its type and time, which all readers do without. */
type Read = (told: object) => void;

function readersByType(all: readonly SignalReaders[]): ReadonlyMap<BusSignalType, Read> {
  const byType = new Map<BusSignalType, Read>();
  for (const readers of all) {
    for (const [name, reader] of Object.entries(readers)) {
      const [type, read] = [name as BusSignalType, reader as Read];
      const before = byType.get(type);
      byType.set(type, before ? inTurn(before, read) : read);
    }
  }
  return byType;
}

function inTurn(first: Read, second: Read): Read {
  return (told) => {
    first(told);
    second(told);
  };
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
