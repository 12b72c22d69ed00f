/** The values of a series' labels, by label name. */
export type Labels<Name extends string = string> = Readonly<Record<Name, string>>;

/** What stands for every label value of the series that are too many to keep apart. */
export const OVERFLOW_LABEL = 'other';

/** One series of a family: its label values, and what is counted for them. */
export interface SeriesEntry<Series> {
  readonly labels: Labels;
  readonly series: Series;
}

/** Where the series of one family are kept. */
export interface SeriesTableOptions<Series> {
  readonly labelNames: readonly string[];
  readonly maxSeries: number;
  readonly create: (values: readonly string[]) => Series;
}

/**
 * Finds series by their label values. Once `maxSeries` are known, new values share one series called `other`,
 * so that a name that somebody outside makes up cannot fill the memory.
 */
export class SeriesTable<Series> {
  readonly #entries = new Map<string, SeriesEntry<Series>>();
  readonly #options: SeriesTableOptions<Series>;
  #lastValue: string | undefined;
  #last: Series | undefined;

  constructor(options: SeriesTableOptions<Series>) {
    this.#options = options;
  }

  /** The series of these label values, in the order of the label names. */
  get(...values: string[]): Series {
    const key = values.length === 1 ? values[0]! : values.join('\u0000');
    return this.#entries.get(key)?.series ?? this.#create(key, values);
  }

  /** The same for one label, without making a list of it. */
  getOne(value: string): Series {
    // Messages of one type come in bursts, and comparing two names is quicker than looking one up.
    if (value === this.#lastValue) return this.#last!;
    this.#last = this.#entries.get(value)?.series ?? this.#create(value, [value]);
    this.#lastValue = value;
    return this.#last;
  }

  entries(): Iterable<SeriesEntry<Series>> {
    return this.#entries.values();
  }

  #create(key: string, values: readonly string[]): Series {
    const { labelNames, maxSeries, create } = this.#options;
    const overflow = labelNames.map(() => OVERFLOW_LABEL);
    const overflowKey = overflow.join('\u0000');
    if (this.#entries.size >= maxSeries && key !== overflowKey) return this.get(...overflow);

    const labels = Object.fromEntries(labelNames.map((name, index) => [name, values[index] ?? '']));
    const entry = { labels, series: create(values) };
    this.#entries.set(key, entry);
    return entry.series;
  }
}
