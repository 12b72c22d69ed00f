import { InvalidOptionsError, type HistogramSnapshot } from '@llmgine/core';
import {
  checkInstrument,
  valuesOf,
  type Exportable,
  type InstrumentOptions,
  type Sample,
} from './instrument.ts';
import { LogBuckets } from './log-buckets.ts';
import { SeriesTable, type Labels } from './series-table.ts';

/** Upper bounds in seconds for work that takes milliseconds to seconds. */
export const DURATION_BOUNDS: readonly number[] = [
  0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** How to make a histogram. */
export interface HistogramOptions<Name extends string = never> extends InstrumentOptions<Name> {
  /**
   * Upper bounds of the buckets that Prometheus gets, ascending, without infinity.
   * @default 0.001 to 10 seconds
   */
  readonly bounds?: readonly number[];
}

/** So many observations are put into buckets in one go, which takes a fifth of the time of doing it one by one. */
const GATHERED = 64;

/** The observations of one series: exact per bound for Prometheus, and in fine buckets for quantiles. */
export class HistogramSeries {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #fine = new LogBuckets();
  #sum = 0;
  #count = 0;
  /** Not yet in the buckets. */
  readonly #gathered = new Float64Array(GATHERED);
  #gatheredCount = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Takes a few nanoseconds and no memory. What is no number is left out. */
  record(value: number): void {
    this.#gathered[this.#gatheredCount] = value;
    this.#gatheredCount += 1;
    if (this.#gatheredCount === GATHERED) this.#putIntoBuckets();
  }

  merge(other: HistogramSeries): void {
    other.#putIntoBuckets();
    for (const [bound, count] of other.#counts.entries()) this.#counts[bound]! += count;
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#fine.merge(other.#fine);
  }

  snapshot(): HistogramSnapshot {
    this.#putIntoBuckets();
    return {
      count: this.#count,
      sum: this.#sum,
      p50: this.#fine.quantile(0.5),
      p95: this.#fine.quantile(0.95),
      p99: this.#fine.quantile(0.99),
    };
  }

  *samples(labels: Labels): Generator<Sample> {
    this.#putIntoBuckets();
    let below = 0;
    for (const [bound, le] of [...this.#bounds, '+Inf'].entries()) {
      below += this.#counts[bound]!;
      yield { suffix: '_bucket', labels: { ...labels, le: String(le) }, value: below };
    }
    yield { suffix: '_sum', labels, value: this.#sum };
    yield { suffix: '_count', labels, value: this.#count };
  }

  reset(): void {
    this.#counts.fill(0);
    this.#fine = new LogBuckets();
    this.#sum = 0;
    this.#count = 0;
    this.#gatheredCount = 0;
  }

  #putIntoBuckets(): void {
    for (let index = 0; index < this.#gatheredCount; index++) {
      this.#putIntoBucket(this.#gathered[index]!);
    }
    this.#gatheredCount = 0;
  }

  #putIntoBucket(value: number): void {
    if (Number.isNaN(value)) return;
    let bound = 0;
    while (bound < this.#bounds.length && value > this.#bounds[bound]!) bound++;
    this.#counts[bound]! += 1;
    this.#count += 1;
    this.#sum += value;
    this.#fine.record(value);
  }
}

/** Shows how a quantity is spread, in memory that does not grow with the observations. */
export class Histogram<Name extends string = never> implements Exportable {
  readonly type = 'histogram';
  readonly name: string;
  readonly help: string;
  readonly #labelNames: readonly Name[];
  readonly #bounds: readonly number[];
  readonly #table: SeriesTable<HistogramSeries>;

  constructor(options: HistogramOptions<Name>, maxSeries: number) {
    checkInstrument(options);
    const bounds = options.bounds ?? DURATION_BOUNDS;
    checkBounds(options.name, bounds);
    this.name = options.name;
    this.help = options.help;
    this.#bounds = bounds;
    this.#labelNames = options.labels ?? [];
    this.#table = new SeriesTable({
      labelNames: this.#labelNames,
      maxSeries,
      create: () => new HistogramSeries(bounds),
    });
    if (this.#labelNames.length === 0) this.#table.get();
  }

  /** The series of these label values, to be kept where recording must be cheap. */
  series(...values: string[]): HistogramSeries {
    return this.#table.get(...values);
  }

  record(value: number, labels?: Labels<Name>): void {
    this.series(...valuesOf(this.#labelNames, labels)).record(value);
  }

  /** Over all labels together. */
  total(): HistogramSnapshot {
    const all = new HistogramSeries(this.#bounds);
    for (const { series } of this.#table.entries()) all.merge(series);
    return all.snapshot();
  }

  /** Each series by itself. */
  snapshots(): readonly { readonly labels: Labels; readonly snapshot: HistogramSnapshot }[] {
    return Array.from(this.#table.entries(), ({ labels, series }) => ({
      labels,
      snapshot: series.snapshot(),
    }));
  }

  samples(): readonly Sample[] {
    return Array.from(this.#table.entries()).flatMap(({ labels, series }) => [
      ...series.samples(labels),
    ]);
  }

  reset(): void {
    for (const { series } of this.#table.entries()) series.reset();
  }
}

function checkBounds(name: string, bounds: readonly number[]): void {
  const ascending = bounds.every(
    (bound, index) => Number.isFinite(bound) && (index === 0 || bound > bounds[index - 1]!),
  );
  if (ascending && bounds.length > 0) return;
  throw new InvalidOptionsError(`make the metric '${name}'`, [
    `bounds must be finite and ascending, got ${bounds.join(', ') || 'none'}`,
  ]);
}
