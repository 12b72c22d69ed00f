import type { OptionChecker, OptionNames } from '@llmgine/core';
import { isRetryable } from '@llmgine/core/timing';

/** When a circuit opens, and how it closes again. */
export interface CircuitBreakerOptions {
  /**
   * So many failures within the window open the circuit, whatever succeeded between them.
   * @default 5
   */
  readonly failureThreshold?: number | undefined;
  /**
   * Opens by share instead of number: from above 0 to 1.
   * @default by number
   */
  readonly failureRate?: number | undefined;
  /**
   * Calls within the window before a share means anything.
   * @default 10
   */
  readonly minimumCalls?: number | undefined;
  /** @default 60_000 */
  readonly windowMs?: number | undefined;
  /**
   * How long the circuit stays open before probes are let through. A probe that takes longer has failed.
   * @default 60_000
   */
  readonly recoveryTimeoutMs?: number | undefined;
  /**
   * Probes let through while half-open, and successes that close the circuit.
   * @default 3
   */
  readonly successThreshold?: number | undefined;
  /**
   * Which errors count. What does not count frees its probe and says nothing about the circuit.
   * @default what may pass by itself, so not misuse, invalid data or a cancellation
   */
  readonly isFailure?: ((error: Error) => boolean) | undefined;
}

export const circuitBreakerOptionNames: OptionNames<CircuitBreakerOptions> = {
  failureThreshold: true,
  failureRate: true,
  minimumCalls: true,
  windowMs: true,
  recoveryTimeoutMs: true,
  successThreshold: true,
  isFailure: true,
};

/** Notes what is wrong with the options. */
export function checkCircuitBreakerOptions(
  check: OptionChecker,
  options: CircuitBreakerOptions,
  prefix = '',
): void {
  check.number(`${prefix}failureThreshold`, options.failureThreshold, {
    min: 1,
    max: 100_000,
    integer: true,
  });
  check.number(`${prefix}failureRate`, options.failureRate, { above: 0, max: 1 });
  check.number(`${prefix}minimumCalls`, options.minimumCalls, { min: 1, integer: true });
  check.number(`${prefix}windowMs`, options.windowMs, { above: 0 });
  check.number(`${prefix}recoveryTimeoutMs`, options.recoveryTimeoutMs, { above: 0 });
  check.number(`${prefix}successThreshold`, options.successThreshold, { min: 1, integer: true });
  check.function(`${prefix}isFailure`, options.isFailure);
}

/** What counts unless told otherwise. */
export function countsAsFailure(error: Error): boolean {
  return error.name !== 'AbortError' && error.name !== 'CallAbortedError' && isRetryable(error);
}
