import { createOptionChecker } from '@llmgine/core';
import { checkWiringOptions, type WiringOptions } from '../wiring.ts';
import { resiliencePipeline, type ResiliencePipeline } from './resilience-pipeline.ts';

/** How long a call may take. */
export interface TimeoutOptions extends Pick<WiringOptions, 'clock'> {
  readonly timeoutMs: number;
}

/**
 * Makes a limit of time for whatever function it is given: at the limit the function's signal aborts, and the caller
 * gets `AttemptTimeoutError` whether the function listens to it or not.
 * @throws InvalidOptionsError
 */
export function timeout(options: TimeoutOptions): Pick<ResiliencePipeline, 'run'> {
  const check = createOptionChecker('create timeout');
  const { timeoutMs, clock } = check.options(options, { timeoutMs: true, clock: true });
  check.require(timeoutMs !== undefined, 'timeoutMs must be given');
  check.number('timeoutMs', timeoutMs, { above: 0 });
  checkWiringOptions(check, { clock });
  check.done();
  return resiliencePipeline({
    retry: { maxRetries: 0, attemptTimeoutMs: timeoutMs, budget: false },
    clock,
  });
}
