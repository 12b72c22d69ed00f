import { createOptionChecker } from '../option-checker.ts';
import { systemRandom, type Random } from './system-random.ts';

/** How long to wait before each further attempt. */
export interface BackoffOptions {
  /**
   * How the delay grows from attempt to attempt.
   * @default 'exponential'
   */
  readonly growth?: 'exponential' | 'linear' | 'constant' | undefined;
  /**
   * The delay after the first attempt, in milliseconds.
   * @default 100
   */
  readonly initialDelayMs?: number | undefined;
  /**
   * No delay is longer than this.
   * @default 10_000
   */
  readonly maxDelayMs?: number | undefined;
  /**
   * What exponential delays are multiplied by.
   * @default 2
   */
  readonly base?: number | undefined;
  /**
   * `full`: anything from zero to the delay, so that callers who failed together do not come back together.
   * @default 'full'
   */
  readonly jitter?: 'full' | 'none' | undefined;
  /** @default systemRandom */
  readonly random?: Random | undefined;
}

/** Gives the delay in milliseconds after an attempt, the first being 1. */
export type Backoff = (attempt: number) => number;

/**
 * Makes the delays between attempts.
 * @throws InvalidOptionsError
 */
export function createBackoff(options: BackoffOptions = {}): Backoff {
  checkOptions(options);
  const { growth = 'exponential', initialDelayMs = 100, maxDelayMs = 10_000 } = options;
  const { base = 2, jitter = 'full', random = systemRandom } = options;

  return (attempt) => {
    const longestMs = Math.min(initialDelayMs * factor(attempt), maxDelayMs);
    return jitter === 'full' ? longestMs * fraction(random()) : longestMs;
  };

  function factor(attempt: number): number {
    if (growth === 'constant' || initialDelayMs === 0) return 1;
    return growth === 'linear' ? attempt : base ** (attempt - 1);
  }
}

/** Randomness from outside may be out of range. */
function fraction(value: number): number {
  return value >= 0 ? Math.min(value, 1) : 0;
}

function checkOptions(options: BackoffOptions): void {
  const check = createOptionChecker('create backoff');
  check.oneOf('growth', options.growth, ['exponential', 'linear', 'constant']);
  check.number('initialDelayMs', options.initialDelayMs, { min: 0 });
  check.number('maxDelayMs', options.maxDelayMs, { min: 0 });
  check.number('base', options.base, { min: 1 });
  check.oneOf('jitter', options.jitter, ['full', 'none']);
  check.function('random', options.random);
  check.done();
}
