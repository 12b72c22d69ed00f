/** One measured figure. */
export interface Row {
  /** The part of the project, e.g. `core`. */
  readonly area: string;
  /** What was done, e.g. `publish burst, 1 async handler`. */
  readonly case: string;
  /** Who did it. */
  readonly subject: string;
  readonly version: string;
  /** Median over the samples. */
  readonly nsPerOp: number;
  /** How many times the limit of the case this takes. Undefined where a case has no limit. */
  readonly ratioToLimit: number | undefined;
  /** How many times as long as ours this takes. */
  readonly ratioToUs: number | undefined;
}

/** A figure that is no time: memory, processor time, size. */
export interface Fact {
  readonly area: string;
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What was aimed at, in words. */
  readonly target?: string;
}

/** What a `src/<area>/*.bench.ts` file exports. */
export interface BenchmarkModule {
  rows(): Promise<Row[]>;
  facts?(): Promise<Fact[]>;
}
