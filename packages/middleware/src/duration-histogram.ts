/** Each power of two of microseconds is cut into this many buckets of equal width: less than 1 % of what they hold. */
const BUCKETS_PER_OCTAVE = 128;
/** From a microsecond to about an hour; what lies outside counts at the nearest end. */
const OCTAVES = 32;
const LAST_BUCKET = OCTAVES * BUCKETS_PER_OCTAVE - 1;
const MICROSECONDS_PER_MS = 1_000;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Which half of a double holds sign, exponent and the first 20 bits of the fraction. */
const HIGH_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
/** Leaves the exponent and the first 7 bits of the fraction: the number of a bucket, counted from 2^-1023. */
const FRACTION_SHIFT = 13;
const FIRST_BUCKET = 1023 * BUCKETS_PER_OCTAVE;

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
  readonly #buckets = new Uint32Array(LAST_BUCKET + 1);
  #count = 0;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;

  /** A clock that went back has taken no time. */
  add(measuredMs: number): void {
    const durationMs = measuredMs > 0 ? measuredMs : 0;
    this.#count++;
    this.#sumMs += durationMs;
    if (durationMs < this.#minMs) this.#minMs = durationMs;
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
    this.#buckets[bucketOf(durationMs)]!++;
  }

  report(): DurationReport {
    return {
      count: this.#count,
      meanMs: this.#sumMs / this.#count,
      minMs: this.#minMs,
      maxMs: this.#maxMs,
      p50Ms: this.#percentile(50),
      p95Ms: this.#percentile(95),
      p99Ms: this.#percentile(99),
    };
  }

  #percentile(percent: number): number {
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    let bucket = 0;
    while ((seen += this.#buckets[bucket]!) < rank && bucket < LAST_BUCKET) bucket++;
    // Buckets have a width; what they say must not lie outside what was seen.
    return Math.min(Math.max(middleMsOf(bucket), this.#minMs), this.#maxMs);
  }
}

/** The first bits of a double are its logarithm, cheaper than `Math.log2`. */
function bucketOf(durationMs: number): number {
  float[0] = durationMs * MICROSECONDS_PER_MS;
  const bucket = (words[HIGH_WORD]! >>> FRACTION_SHIFT) - FIRST_BUCKET;
  return bucket < 0 ? 0 : bucket > LAST_BUCKET ? LAST_BUCKET : bucket;
}

function middleMsOf(bucket: number): number {
  const octave = Math.floor(bucket / BUCKETS_PER_OCTAVE);
  const share = ((bucket % BUCKETS_PER_OCTAVE) + 0.5) / BUCKETS_PER_OCTAVE;
  return (2 ** octave * (1 + share)) / MICROSECONDS_PER_MS;
}
