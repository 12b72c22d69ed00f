import type { OptionChecker } from '@llmgine/core';

/** Lists of what passes and what does not. */
export interface Membership<Item> {
  /**
   * Only these pass.
   * @default all
   */
  readonly include?: readonly Item[] | undefined;
  /**
   * These do not pass, even if included.
   * @default none
   */
  readonly exclude?: readonly Item[] | undefined;
}

/** Notes what is wrong with the lists. */
export function checkMembership<Item>(
  check: OptionChecker,
  { include, exclude }: Membership<Item>,
  rule: { readonly fits: (item: Item) => boolean; readonly expected: string },
): void {
  check.require(include !== undefined || exclude !== undefined, 'include or exclude must be given');
  for (const [name, list] of Object.entries({ include, exclude })) {
    if (list === undefined) continue;
    check.require(
      Array.isArray(list) && list.every((item) => rule.fits(item)),
      `${name} must be a list of ${rule.expected}`,
    );
  }
}

/** Makes the test of whether a value passes two lists of names. */
export function createMembershipTest({
  include,
  exclude,
}: Membership<string>): (value: string) => boolean {
  const included = include && new Set(include);
  const excluded = new Set(exclude);
  return (value) => !excluded.has(value) && (included === undefined || included.has(value));
}
