import { InvalidOptionsError } from '../errors.ts';
import type { ExecuteOptions } from '../handler/handler.ts';

/**
 * Checks what comes with a message: later it would fail where nobody could be told.
 * @throws InvalidOptionsError with all problems at once
 */
export function checkSending(attempted: string, { signal, timeoutMs }: ExecuteOptions): void {
  const problems: string[] = [];
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs > 0)) {
    problems.push(`timeoutMs must be above 0, got ${String(timeoutMs)}`);
  }
  if (signal !== undefined && !isSignal(signal)) problems.push('signal must be an AbortSignal');
  if (problems.length > 0) throw new InvalidOptionsError(attempted, problems);
}

/** By its shape: signals may come from another realm. */
function isSignal(value: unknown): value is AbortSignal {
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, addEventListener } = value as Partial<AbortSignal>;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}
