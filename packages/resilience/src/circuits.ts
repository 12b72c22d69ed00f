import {
  PermittingCircuitBreaker,
  type CircuitBreakerStatus,
} from './circuit-breaker/circuit-breaker.ts';
import type { CircuitBreakerOptions } from './circuit-breaker/circuit-breaker-options.ts';
import { KeyedParts } from './keyed-parts.ts';
import { RetryBudget, type RetryBudgetOptions } from './retry/retry-budget.ts';
import type { Wiring } from './wiring.ts';

/** What belongs to one thing that is called: by default, to one type of command. */
export interface Circuit {
  readonly breaker: PermittingCircuitBreaker | undefined;
  readonly budget: RetryBudget | undefined;
}

/** What circuits are made of. */
export interface CircuitsOptions {
  readonly breaker: CircuitBreakerOptions | false;
  readonly budget: RetryBudgetOptions | false;
  readonly maxKeys: number;
}

/** A breaker and a retry budget for each key, in bounded memory. */
export class Circuits {
  readonly #parts: KeyedParts<Circuit>;

  constructor({ breaker, budget, maxKeys }: CircuitsOptions, wiring: Wiring) {
    this.#parts = new KeyedParts<Circuit>({
      create: (key) => ({
        breaker: breaker === false ? undefined : new PermittingCircuitBreaker(key, breaker, wiring),
        budget: budget === false ? undefined : new RetryBudget(budget, wiring.clock),
      }),
      maxKeys,
      isIdle: (circuit) => circuit.breaker?.idle ?? true,
    });
  }

  for(key: string): Circuit {
    return this.#parts.for(key);
  }

  states(): Readonly<Record<string, CircuitBreakerStatus>> {
    const states: [string, CircuitBreakerStatus][] = [];
    for (const [key, { breaker }] of this.#parts.entries()) {
      if (breaker) states.push([key, breaker.status()]);
    }
    return Object.fromEntries(states);
  }

  isolate(key: string): void {
    this.#parts.for(key).breaker?.isolate();
  }

  close(key: string): void {
    this.#parts.get(key)?.breaker?.close();
  }

  reset(): void {
    this.#parts.clear();
  }
}
