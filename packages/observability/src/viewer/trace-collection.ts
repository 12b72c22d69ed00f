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

  /** Takes a record in. */
  add(record: LogRecord): void {
    const { correlation } = record;
    if (correlation === undefined) return;
    const records = this.#records.get(correlation);
    if (records) records.push(record);
    else this.#records.set(correlation, [record]);
    if (this.#matches(record)) this.#wanted.add(correlation);
  }

  /** A record is the end of a conversation that is wanted. */
  isEnd({ signal, id, correlation }: LogRecord): boolean {
    const ended = signal === 'command.completed' || signal === 'event.processed';
    return (
      ended && id === correlation && correlation !== undefined && this.#wanted.has(correlation)
    );
  }

  /** When there are too many, the oldest is given up waiting for: whoever wants it gets it as far as it is known. */
  overflow(): Trace | undefined {
    if (this.#records.size <= MAX_OPEN) return undefined;
    const [oldest] = this.#records.keys();
    const isWanted = this.#wanted.has(oldest!);
    const trace = this.take(oldest!); // there are more than none
    return isWanted ? trace : undefined;
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
}
