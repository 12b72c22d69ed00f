import type { LogRecord } from '../records/log-record.ts';
import { matcherOf, type RecordFilter } from './record-filter.ts';
import { buildTrace, type Trace } from './trace-tree.ts';

/** A viewer that follows a log for days must not keep all of it. */
const MAX_OPEN = 5_000;

/** Gathers records by conversation. A conversation is shown whole as soon as one record of it matches. */
export class TraceCollection {
  readonly #matches: (record: LogRecord) => boolean;
  readonly #records = new Map<string, LogRecord[]>();
  readonly #wanted = new Set<string>();

  constructor(filter: RecordFilter) {
    this.#matches = matcherOf(filter);
  }

  /** Takes a record in; gives back the conversation if this was its end and it is wanted. */
  add(record: LogRecord): string | undefined {
    const { correlation } = record;
    if (correlation === undefined) return undefined;
    const records = this.#records.get(correlation);
    if (records) records.push(record);
    else this.#begin(correlation, record);
    if (this.#matches(record)) this.#wanted.add(correlation);

    const ended = record.signal === 'command.completed' || record.signal === 'event.processed';
    return ended && record.id === correlation && this.#wanted.has(correlation)
      ? correlation
      : undefined;
  }

  take(correlation: string): Trace {
    const records = this.#records.get(correlation) ?? [];
    this.#records.delete(correlation);
    this.#wanted.delete(correlation);
    return buildTrace(correlation, records);
  }

  /** What is wanted and has not been taken, in the order it began. */
  *rest(): Generator<Trace> {
    for (const correlation of this.#records.keys()) {
      if (this.#wanted.has(correlation)) yield this.take(correlation);
    }
  }

  #begin(correlation: string, record: LogRecord): void {
    this.#records.set(correlation, [record]);
    if (this.#records.size <= MAX_OPEN) return;
    const [oldest] = this.#records.keys();
    this.#records.delete(oldest!);
    this.#wanted.delete(oldest!);
  }
}
