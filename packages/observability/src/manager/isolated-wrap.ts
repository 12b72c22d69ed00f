/**
 * Runs work inside a wrapper that can neither delay nor change it: a wrapper that throws, never calls `next`, calls it
 * late or settles late is a wrapper of nothing. `failed` hears of its own failures, not of those of the work.
 */
export function isolatedWrap<T>(
  wrap: (next: () => Promise<T>) => Promise<T>,
  work: () => Promise<T>,
  failed: (thrown: unknown) => void,
): Promise<T> {
  let outcome: Promise<T> | undefined;
  const next = (): Promise<T> => (outcome ??= work());

  void settle();
  return next();

  async function settle(): Promise<void> {
    try {
      await wrap(next);
    } catch (thrown) {
      if (!(await isOwn(thrown))) failed(thrown);
    }
  }

  /** What the work itself threw comes through the wrapper too. */
  async function isOwn(thrown: unknown): Promise<boolean> {
    try {
      await next();
      return false;
    } catch (own) {
      return own === thrown;
    }
  }
}
