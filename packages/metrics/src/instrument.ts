import { InvalidOptionsError } from '@llmgine/core';
import type { Labels } from './series-table.ts';

/** What every instrument is made with. */
export interface InstrumentOptions<Name extends string = never> {
  /** In snake case with its unit last; counters end in `_total`. */
  readonly name: string;
  /** One sentence that Prometheus shows. */
  readonly help: string;
  /**
   * Names of the labels. Their values must be few: types and outcomes, never ids.
   * @default none
   */
  readonly labels?: readonly Name[];
}

/** One line of a scrape. */
export interface Sample {
  /** Appended to the instrument's name. */
  readonly suffix?: string;
  readonly labels: Labels;
  readonly value: number;
}

/** What an exporter needs of an instrument. */
export interface Exportable {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  samples(): readonly Sample[];
  reset(): void;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

/** @throws InvalidOptionsError */
export function checkInstrument({ name, help, labels = [] }: InstrumentOptions<string>): void {
  const problems: string[] = [];
  if (!NAME.test(name)) problems.push(`name must match ${String(NAME)}, got '${name}'`);
  if (help === '') problems.push('help must not be empty');
  for (const label of labels) {
    if (!LABEL.test(label) || label === 'le') problems.push(`'${label}' is no label name`);
  }
  if (problems.length > 0) throw new InvalidOptionsError(`make the metric '${name}'`, problems);
}

/** A series' name as `getMetrics()` shows it: `name{label="value"}`. */
export function seriesName(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

/** Label values in the order of the label names. */
export function valuesOf<Name extends string>(
  names: readonly Name[],
  labels: Labels<Name> | undefined,
): string[] {
  return names.map((name) => labels?.[name] ?? '');
}
