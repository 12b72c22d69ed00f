/** Each power of two is cut into this many buckets of equal width. */
const BUCKETS_PER_OCTAVE = 32;
/** Kept apart: about 1e-9 to 1e10. What lies outside counts at the nearest end. */
const LOWEST_EXPONENT = -30;
const OCTAVES = 64;

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Which half of a double holds sign, exponent and the first 20 bits of the fraction. */
const HIGH_WORD = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
/** Leaves the exponent and the first 5 bits of the fraction: the number of a bucket. */
const FRACTION_SHIFT = 15;
const FIRST_BUCKET = (1023 + LOWEST_EXPONENT) * BUCKETS_PER_OCTAVE;
const LAST_BUCKET = OCTAVES * BUCKETS_PER_OCTAVE - 1;

/** The farthest that a quantile can be from the observation it stands for, as a share of it. */
export const QUANTILE_ERROR: number = 1 / (2 * BUCKETS_PER_OCTAVE);

/**
 * Counts observations in buckets whose width grows with their value, so that any number of them takes the same
 * few kilobytes and quantiles are exact to `QUANTILE_ERROR`.
 */
export class LogBuckets {
  /** Made when the first observation of an octave comes: most quantities stay within a few. */
  readonly #octaves: (Float64Array | undefined)[] = Array.from({ length: OCTAVES });
  #count = 0;

  record(value: number): void {
    const bucket = bucketOf(value);
    const octave = (this.#octaves[bucket >>> 5] ??= new Float64Array(BUCKETS_PER_OCTAVE));
    octave[bucket & 31]! += 1;
    this.#count += 1;
  }

  /** Adds what another has counted. */
  merge(other: LogBuckets): void {
    for (const [index, from] of other.#octaves.entries()) {
      if (!from) continue;
      const into = (this.#octaves[index] ??= new Float64Array(BUCKETS_PER_OCTAVE));
      for (let bucket = 0; bucket < BUCKETS_PER_OCTAVE; bucket++) into[bucket]! += from[bucket]!;
    }
    this.#count += other.#count;
  }

  /** The middle of the bucket that holds the observation at this share of all, from 0 to 1. 0 when there are none. */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const [index, octave] of this.#octaves.entries()) {
      if (!octave) continue;
      for (let bucket = 0; bucket < BUCKETS_PER_OCTAVE; bucket++) {
        seen += octave[bucket]!;
        if (seen >= rank) return middleOf(index, bucket);
      }
    }
    return 0;
  }
}

function bucketOf(value: number): number {
  if (!(value > 0)) return 0;
  float[0] = value;
  const bucket = (words[HIGH_WORD]! >>> FRACTION_SHIFT) - FIRST_BUCKET;
  return bucket < 0 ? 0 : bucket > LAST_BUCKET ? LAST_BUCKET : bucket;
}

function middleOf(octave: number, bucket: number): number {
  return 2 ** (octave + LOWEST_EXPONENT) * (1 + (bucket + 0.5) / BUCKETS_PER_OCTAVE);
}
