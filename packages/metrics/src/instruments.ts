import type { Registry } from 'prom-client';
import { Counter } from './counter.ts';
import { Gauge, type GaugeOptions } from './gauge.ts';
import { Histogram, type HistogramOptions } from './histogram.ts';
import type { Exportable, InstrumentOptions } from './instrument.ts';
import { exportTo } from './prometheus.ts';

/** Makes instruments. */
export interface Instruments {
  /** @throws InvalidOptionsError; Error when the registry has this name already */
  counter<const Name extends string = never>(options: InstrumentOptions<Name>): Counter<Name>;
  /** @throws InvalidOptionsError; Error when the registry has this name already */
  gauge<const Name extends string = never>(options: GaugeOptions<Name>): Gauge<Name>;
  /** @throws InvalidOptionsError; Error when the registry has this name already */
  histogram<const Name extends string = never>(options: HistogramOptions<Name>): Histogram<Name>;
}

/** All instruments of one collector. */
export class InstrumentSet implements Instruments {
  readonly counters: Counter<string>[] = [];
  readonly gauges: Gauge<string>[] = [];
  readonly histograms: Histogram<string>[] = [];
  readonly #registry: Registry;
  readonly #prefix: string;
  readonly #maxSeries: number;

  constructor(registry: Registry, prefix: string, maxSeries: number) {
    this.#registry = registry;
    this.#prefix = prefix;
    this.#maxSeries = maxSeries;
  }

  counter<const Name extends string = never>(options: InstrumentOptions<Name>): Counter<Name> {
    const counter = new Counter(options, this.#maxSeries);
    this.#export(counter);
    this.counters.push(counter);
    return counter;
  }

  gauge<const Name extends string = never>(options: GaugeOptions<Name>): Gauge<Name> {
    const gauge = new Gauge(options, this.#maxSeries);
    this.#export(gauge);
    this.gauges.push(gauge);
    return gauge;
  }

  histogram<const Name extends string = never>(options: HistogramOptions<Name>): Histogram<Name> {
    const histogram = new Histogram(options, this.#maxSeries);
    this.#export(histogram);
    this.histograms.push(histogram);
    return histogram;
  }

  reset(): void {
    for (const each of [...this.counters, ...this.gauges, ...this.histograms]) each.reset();
  }

  #export(instrument: Exportable): void {
    exportTo(this.#registry, instrument, this.#prefix);
  }
}
