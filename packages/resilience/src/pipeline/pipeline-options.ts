import { createOptionChecker, type OptionNames } from '@llmgine/core';
import {
  checkCircuitBreakerOptions,
  circuitBreakerOptionNames,
  type CircuitBreakerOptions,
} from '../circuit-breaker/circuit-breaker-options.ts';
import { checkRetryOptions, retryOptionNames, type RetryOptions } from '../retry/retry-policy.ts';
import { checkWiringOptions, wiringOptionNames, type WiringOptions } from '../wiring.ts';

/** What to arm round a function. */
export interface ResiliencePipelineOptions extends WiringOptions {
  /**
   * Named in signals and errors.
   * @default 'pipeline'
   */
  readonly name?: string | undefined;
  /** @default no second attempt, no limit of time */
  readonly retry?: RetryOptions | undefined;
  /** @default none */
  readonly circuitBreaker?: CircuitBreakerOptions | undefined;
}

const optionNames: OptionNames<ResiliencePipelineOptions> = {
  ...wiringOptionNames,
  name: true,
  retry: true,
  circuitBreaker: true,
};

/** @throws InvalidOptionsError with all problems at once */
export function assertPipelineOptions(given: ResiliencePipelineOptions): void {
  const check = createOptionChecker('create resilience pipeline');
  const { name, retry, circuitBreaker, ...wiring } = check.options(given, optionNames);
  check.require(name === undefined || typeof name === 'string', 'name must be a string');
  checkRetryOptions(check, check.options(retry, retryOptionNames, 'retry'), 'retry.');
  checkCircuitBreakerOptions(
    check,
    check.options(circuitBreaker, circuitBreakerOptionNames, 'circuitBreaker'),
    'circuitBreaker.',
  );
  checkWiringOptions(check, wiring);
  check.done();
}
