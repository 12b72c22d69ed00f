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

  // Not an async function: this is made for every command and every attempt.
  try {
    void Promise.resolve(wrap(next)).catch(settleFailed);
  } catch (thrown) {
    void settleFailed(thrown);
  }
  return next();

  /** What the work itself threw comes through the wrapper too. */
  async function settleFailed(thrown: unknown): Promise<void> {
    const own = await next().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    if (!own || own.error !== thrown) failed(thrown);
  }
}
