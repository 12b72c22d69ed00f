import { createOptionChecker, type NumberRule } from '../option-checker.ts';

/** Numbers that callers give to stores; those that are not given pass. */
export interface StoreNumbers {
  /** An instant, epoch milliseconds. */
  readonly at?: number | undefined;
  /** How long a claim is to hold; `Infinity`: for ever. */
  readonly leaseMs?: number | undefined;
  /** How many at most. */
  readonly count?: number | undefined;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  /** A position in a stream. */
  readonly from?: number | undefined;
  /** A position in the log. */
  readonly after?: number | undefined;
  /** An instant, epoch milliseconds. */
  readonly since?: number | undefined;
  /** An instant, epoch milliseconds. */
  readonly until?: number | undefined;
}

const rules: Readonly<Record<keyof StoreNumbers, NumberRule>> = {
  at: {},
  leaseMs: { min: 0, infinite: true },
  count: { min: 0, integer: true },
  limit: { min: 0, integer: true, infinite: true },
  offset: { min: 0, integer: true },
  from: { min: 0, integer: true },
  after: { min: 0, integer: true },
  since: {},
  until: {},
};

/**
 * Refuses numbers that no store could make sense of: a lease of NaN would never lapse or never hold. `attempted`
 * completes the sentence "Cannot …", e.g. `claim events`.
 * @throws InvalidOptionsError
 */
export function checkStoreNumbers(attempted: string, numbers: StoreNumbers): void {
  const check = createOptionChecker(attempted);
  for (const [name, rule] of Object.entries(rules)) {
    check.number(name, numbers[name as keyof StoreNumbers], rule);
  }
  check.done();
}
