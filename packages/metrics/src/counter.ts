import { InvalidOptionsError } from '@llmgine/core';
import {
  checkInstrument,
  valuesOf,
  type Exportable,
  type InstrumentOptions,
  type Sample,
} from './instrument.ts';
import { SeriesTable, type Labels } from './series-table.ts';

/** One counted quantity. On hot paths, count in `value` itself. */
export interface CounterSeries {
  value: number;
}

/** Counts what only grows. */
export class Counter<Name extends string = never> implements Exportable {
  readonly type = 'counter';
  readonly name: string;
  readonly help: string;
  readonly #labelNames: readonly Name[];
  readonly #table: SeriesTable<CounterSeries>;

  constructor(options: InstrumentOptions<Name>, maxSeries: number) {
    checkInstrument(options);
    this.name = options.name;
    this.help = options.help;
    this.#labelNames = options.labels ?? [];
    this.#table = new SeriesTable({
      labelNames: this.#labelNames,
      maxSeries,
      create: () => ({ value: 0 }),
    });
    if (this.#labelNames.length === 0) this.#table.get();
  }

  /** The series of these label values, to be kept where counting must be cheap. */
  series(...values: string[]): CounterSeries {
    return this.#table.get(...values);
  }

  /** @throws InvalidOptionsError when the amount is negative or no number */
  add(amount = 1, labels?: Labels<Name>): void {
    if (!(amount >= 0)) {
      throw new InvalidOptionsError(`add to '${this.name}'`, [
        `a counter only grows, got ${amount}`,
      ]);
    }
    this.series(...valuesOf(this.#labelNames, labels)).value += amount;
  }

  /** The sum over all labels. */
  total(): number {
    let sum = 0;
    for (const { series } of this.#table.entries()) sum += series.value;
    return sum;
  }

  samples(): readonly Sample[] {
    return Array.from(this.#table.entries(), ({ labels, series }) => ({
      labels,
      value: series.value,
    }));
  }

  /** Back to zero, keeping the series: what holds one goes on counting in it. */
  reset(): void {
    for (const { series } of this.#table.entries()) series.value = 0;
  }
}
