import type { Prepared } from '../../case.ts';

const suspension = Promise.resolve();
const TIMEOUT_MS = 10_000;

/** What is called: async, and suspended once. */
async function work(): Promise<number> {
  await suspension;
  return 1;
}

function calling(call: () => Promise<unknown>): Prepared {
  return {
    async run(operations) {
      for (let index = 0; index < operations; index++) await call();
    },
  };
}

/** Calls it. */
export function bare(): Prepared {
  return calling(work);
}

/** Retry, breaker and timeout of this project. */
export async function pipeline(): Promise<Prepared> {
  const { resiliencePipeline } = await import('@llmgine/resilience');
  const armed = resiliencePipeline({
    retry: { maxRetries: 3, attemptTimeoutMs: TIMEOUT_MS },
    circuitBreaker: { failureThreshold: 5 },
  });
  return calling(() => armed.run(work));
}

/** opossum has a breaker and a timeout, and no retry. */
export async function opossum(): Promise<Prepared> {
  const { default: CircuitBreaker } = await import('opossum');
  const breaker = new CircuitBreaker(work, { timeout: TIMEOUT_MS });
  return calling(() => breaker.fire());
}

/** cockatiel wraps policies into one. */
export async function cockatiel(): Promise<Prepared> {
  const {
    circuitBreaker,
    ConsecutiveBreaker,
    ExponentialBackoff,
    handleAll,
    retry,
    timeout,
    TimeoutStrategy,
    wrap,
  } = await import('cockatiel');
  const policy = wrap(
    retry(handleAll, { maxAttempts: 3, backoff: new ExponentialBackoff() }),
    circuitBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
    timeout(TIMEOUT_MS, TimeoutStrategy.Aggressive),
  );
  return calling(() => policy.execute(work));
}
