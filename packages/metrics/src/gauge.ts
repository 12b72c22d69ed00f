import {
  checkInstrument,
  valuesOf,
  type Exportable,
  type InstrumentOptions,
  type Sample,
} from './instrument.ts';
import { SeriesTable, type Labels } from './series-table.ts';

/** How to make a gauge. */
export interface GaugeOptions<Name extends string = never> extends InstrumentOptions<Name> {
  /** Called at each scrape, for what is cheaper to read than to keep. For gauges without labels. */
  readonly read?: () => number;
}

/** Shows what goes up and down. */
export class Gauge<Name extends string = never> implements Exportable {
  readonly type = 'gauge';
  readonly name: string;
  readonly help: string;
  readonly #labelNames: readonly Name[];
  readonly #table: SeriesTable<{ value: number }>;
  readonly #read: (() => number) | undefined;

  constructor(options: GaugeOptions<Name>, maxSeries: number) {
    checkInstrument(options);
    this.name = options.name;
    this.help = options.help;
    this.#labelNames = options.labels ?? [];
    this.#read = options.read;
    this.#table = new SeriesTable({
      labelNames: this.#labelNames,
      maxSeries,
      create: () => ({ value: 0 }),
    });
    if (this.#labelNames.length === 0) this.#table.get();
  }

  set(value: number, labels?: Labels<Name>): void {
    this.#table.get(...valuesOf(this.#labelNames, labels)).value = value;
  }

  /** Adds to the value; a negative amount takes away. */
  add(amount: number, labels?: Labels<Name>): void {
    this.#table.get(...valuesOf(this.#labelNames, labels)).value += amount;
  }

  samples(): readonly Sample[] {
    const read = this.#read;
    return Array.from(this.#table.entries(), ({ labels, series }) => ({
      labels,
      value: read ? read() : series.value,
    }));
  }

  reset(): void {
    for (const { series } of this.#table.entries()) series.value = 0;
  }
}
