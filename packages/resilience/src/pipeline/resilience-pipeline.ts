import { toError } from '@llmgine/core';
import { EqualDeadlines } from '@llmgine/core/timing';
import {
  PermittingCircuitBreaker,
  type CircuitBreaker,
} from '../circuit-breaker/circuit-breaker.ts';
import { AttemptTimeoutError, CallAbortedError } from '../errors.ts';
import { recover, type Attempt, type FailedAttempt } from '../retry/recovery.ts';
import { RetryBudget } from '../retry/retry-budget.ts';
import { createRetryPolicy, type RetryPolicy } from '../retry/retry-policy.ts';
import { wiringOf, type Wiring } from '../wiring.ts';
import { CallAttempt, type AttemptGuards, type CallContext } from './call-attempt.ts';
import { assertPipelineOptions, type ResiliencePipelineOptions } from './pipeline-options.ts';

/** How to run once. */
export interface RunOptions {
  /** Ends it: no attempt goes on or starts. */
  readonly signal?: AbortSignal | undefined;
}

/** Retry, breaker and timeouts round whatever function it is given. */
export interface ResiliencePipeline {
  /**
   * Rejects with what the last attempt threw.
   * @throws CircuitOpenError, AttemptTimeoutError, CallAbortedError, RetryLaterError
   */
  run<T>(work: (context: CallContext) => T | PromiseLike<T>, options?: RunOptions): Promise<T>;
  /** The breaker, where there is one. */
  readonly circuitBreaker: CircuitBreaker | undefined;
}

/**
 * Makes a pipeline. Each attempt asks the breaker; an open circuit is not tried again.
 * @throws InvalidOptionsError
 */
export function resiliencePipeline(options: ResiliencePipelineOptions = {}): ResiliencePipeline {
  assertPipelineOptions(options);
  const wiring = wiringOf(options);
  const { name = 'pipeline', retry, circuitBreaker } = options;
  return new ArmedPipeline({
    wiring,
    policy: createRetryPolicy(retry ?? { maxRetries: 0 }, wiring),
    breaker: circuitBreaker && new PermittingCircuitBreaker(name, circuitBreaker, wiring),
    budget:
      retry?.budget === false ? undefined : new RetryBudget(retry?.budget ?? {}, wiring.clock),
  });
}

/** What a pipeline is made of. */
interface PipelineParts {
  readonly wiring: Wiring;
  readonly policy: RetryPolicy;
  readonly breaker: PermittingCircuitBreaker | undefined;
  readonly budget: RetryBudget | undefined;
}

/** How to make one attempt. */
interface AttemptHow extends RunOptions {
  readonly timeoutMs: number | undefined;
  readonly failure: (thrown: unknown) => FailedAttempt;
}

type Work<T> = (context: CallContext) => T | PromiseLike<T>;

class ArmedPipeline implements ResiliencePipeline {
  readonly #parts: PipelineParts;
  readonly #breaker: PermittingCircuitBreaker | undefined;
  readonly #budget: RetryBudget | undefined;
  /** Of first attempts: all are equally long, so they share a timer. */
  readonly #guards: AttemptGuards;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#breaker = parts.breaker;
    this.#budget = parts.budget;
    const { firstTimeoutMs } = parts.policy;
    const deadlines =
      firstTimeoutMs === undefined
        ? undefined
        : new EqualDeadlines(firstTimeoutMs, parts.wiring.clock);
    this.#guards = {
      deadlines,
      breaker: parts.breaker,
      afterFailure: (first, thrown) => this.#recover(first, thrown),
    };
  }

  get circuitBreaker(): CircuitBreaker | undefined {
    return this.#breaker;
  }

  run<T>(work: Work<T>, options?: RunOptions): Promise<T> {
    const signal = options?.signal;
    if (signal?.aborted) return Promise.reject(new CallAbortedError(signal.reason));
    const breaker = this.#breaker;
    const permit = breaker ? breaker.enter() : undefined;
    if (breaker && !permit) return Promise.reject(breaker.refusal());
    if (this.#budget) this.#budget.calls++;

    return new CallAttempt<T>(this.#guards, { work, attempt: 1, signal, permit }).start();
  }

  /** Rejects with the very thing that was thrown last, be it an Error or not. */
  async #recover<T>(first: CallAttempt<T>, thrownFirst: unknown): Promise<T> {
    const { work, callerSignal: signal } = first;
    const { policy, budget, wiring } = this.#parts;
    const originals = new Map<Error, unknown>();
    const failure = (thrown: unknown): FailedAttempt => {
      const error = toError(thrown);
      originals.set(error, thrown);
      return { success: false, error };
    };
    const { outcome } = await recover<T>(
      {
        once: false,
        startedAt: this.#startOf(first),
        signal: () => signal,
        attempt: (attempt, timeoutMs) =>
          this.#attempt(work, attempt, { timeoutMs, signal, failure }),
        timedOut: (timeoutMs, cause) => new AttemptTimeoutError(timeoutMs, { cause }),
        aborted: (reason, cause) =>
          cause instanceof CallAbortedError ? cause : new CallAbortedError(reason, { cause }),
        retrying: () => {},
      },
      failure(thrownFirst),
      { policy, budget, clock: wiring.clock },
    );
    if (outcome.success) return outcome.result;
    throw originals.get(outcome.error) ?? outcome.error;
  }

  /** One that failed in the turn in which it began has no time of its own yet. */
  #startOf({ dueAt }: { readonly dueAt: number }): number {
    const { deadlines } = this.#guards;
    return dueAt === 0 || !deadlines
      ? this.#parts.wiring.clock.monotonic()
      : dueAt - deadlines.durationMs;
  }

  #attempt<T>(
    work: Work<T>,
    attempt: number,
    { timeoutMs, signal, failure }: AttemptHow,
  ): Promise<Attempt<T>> {
    const breaker = this.#breaker;
    const permit = breaker?.enter();
    if (breaker && !permit) {
      return Promise.resolve({ success: false, error: breaker.refusal(), refused: true });
    }
    const { clock } = this.#parts.wiring;
    const deadlines = timeoutMs === undefined ? undefined : new EqualDeadlines(timeoutMs, clock);
    const guards: AttemptGuards = { deadlines, breaker, afterFailure: fails };
    return new CallAttempt<T>(guards, { work, attempt, signal, permit })
      .start()
      .then((result) => ({ success: true, result }), failure);
  }
}

/** Those who recover from the first attempt wait for the others. */
function fails(_attempt: unknown, thrown: unknown): Promise<never> {
  return Promise.reject(thrown);
}
