import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

/** Recorded in microseconds, so that durations below a millisecond count too. */
const PER_MS = 1_000;
/** Longer ones count as an hour; the memory of a histogram grows with its range. */
const LONGEST = 3_600_000 * PER_MS;

/** What was measured of one type. All in milliseconds. */
export interface DurationReport {
  readonly count: number;
  readonly meanMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

/** Counts durations in constant memory, to two significant figures. */
export class DurationHistogram {
  readonly #histogram: RecordableHistogram = createHistogram({
    lowest: 1,
    highest: LONGEST,
    figures: 2,
  });
  #count = 0;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;

  add(durationMs: number): void {
    this.#count++;
    this.#sumMs += durationMs;
    if (durationMs < this.#minMs) this.#minMs = durationMs;
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
    const recorded = Math.round(durationMs * PER_MS);
    this.#histogram.record(Math.min(Math.max(recorded, 1), LONGEST));
  }

  report(): DurationReport {
    const percentile = (which: number): number =>
      this.#clamped(this.#histogram.percentile(which) / PER_MS);
    return {
      count: this.#count,
      meanMs: this.#sumMs / this.#count,
      minMs: this.#minMs,
      maxMs: this.#maxMs,
      p50Ms: percentile(50),
      p95Ms: percentile(95),
      p99Ms: percentile(99),
    };
  }

  /** Buckets have a width; what they say must not lie outside what was seen. */
  #clamped(durationMs: number): number {
    return Math.min(Math.max(durationMs, this.#minMs), this.#maxMs);
  }
}
