import {
  createOptionChecker,
  toError,
  toErrorData,
  type CircuitState,
  type ErrorData,
} from '@llmgine/core';
import { CircuitOpenError } from '../errors.ts';
import {
  askCallback,
  checkWiringOptions,
  wiringOf,
  wiringOptionNames,
  type Wiring,
  type WiringOptions,
} from '../wiring.ts';
import {
  checkCircuitBreakerOptions,
  circuitBreakerOptionNames,
  countsAsFailure,
  type CircuitBreakerOptions,
} from './circuit-breaker-options.ts';
import { createCountWindow, createRateWindow, type FailureWindow } from './failure-window.ts';

/** A breaker at one moment. */
export interface CircuitBreakerStatus {
  readonly state: CircuitState;
  /** Failures within the window; at most the threshold where that is a number. */
  readonly failures: number;
  /** Probes that succeeded since the circuit became half-open. */
  readonly successes: number;
  /** Probes that are running. */
  readonly probes: number;
  /** Calls refused since the breaker was made. */
  readonly rejected: number;
  readonly lastFailure?: {
    /** Epoch milliseconds. */
    readonly at: number;
    readonly error: ErrorData;
  };
  /** While open: milliseconds until probes are let through. */
  readonly retryAfterMs?: number;
}

/** Stops calling what keeps failing, for a while. */
export interface CircuitBreaker {
  /**
   * Calls `work`, or rejects at once while the circuit is open.
   * @throws CircuitOpenError
   */
  run<T>(work: () => T | Promise<T>): Promise<T>;
  /** The state as it is now. */
  status(): CircuitBreakerStatus;
  /** Refuses every call until `close()`. */
  isolate(): void;
  /** Lets calls through and forgets the failures. */
  close(): void;
}

/** Lets one call through; given back with how it ended. */
export interface Permit {
  /** Monotonic; of probes only. */
  readonly startedAt: number;
}

type BreakerState =
  | { readonly name: 'closed'; readonly permit: Permit }
  | { readonly name: 'open'; readonly until: number }
  | { readonly name: 'half_open'; successes: number; readonly probes: Set<Permit> }
  | { readonly name: 'isolated' };

/** Options of a breaker that stands alone. */
export interface StandaloneCircuitBreakerOptions extends CircuitBreakerOptions, WiringOptions {
  /**
   * Named in signals and errors.
   * @default 'circuit'
   */
  readonly name?: string | undefined;
}

/**
 * Makes a circuit breaker for whatever function it is given.
 * @throws InvalidOptionsError
 */
export function circuitBreaker(options: StandaloneCircuitBreakerOptions = {}): CircuitBreaker {
  checkStandaloneOptions(options);
  return new PermittingCircuitBreaker(options.name ?? 'circuit', options, wiringOf(options));
}

function checkStandaloneOptions(given: StandaloneCircuitBreakerOptions): void {
  const check = createOptionChecker('create circuit breaker');
  const options = check.options<StandaloneCircuitBreakerOptions>(given, {
    ...circuitBreakerOptionNames,
    ...wiringOptionNames,
    name: true,
  });
  checkCircuitBreakerOptions(check, options);
  checkWiringOptions(check, options);
  check.require(
    options.name === undefined || typeof options.name === 'string',
    'name must be a string',
  );
  check.done();
}

/** A breaker whose caller asks for a permit and says how it went, so that an allowed call costs no promise. */
export class PermittingCircuitBreaker implements CircuitBreaker {
  readonly #key: string;
  readonly #wiring: Wiring;
  readonly #window: FailureWindow;
  readonly #recoveryTimeoutMs: number;
  readonly #successThreshold: number;
  readonly #isFailure: (error: Error) => boolean;
  #state: BreakerState = { name: 'closed', permit: { startedAt: 0 } };
  #rejected = 0;
  #lastFailure: { readonly at: number; readonly error: Error } | undefined;

  constructor(key: string, options: CircuitBreakerOptions, wiring: Wiring) {
    const { failureThreshold = 5, windowMs = 60_000, failureRate, minimumCalls = 10 } = options;
    this.#key = key;
    this.#wiring = wiring;
    this.#recoveryTimeoutMs = options.recoveryTimeoutMs ?? 60_000;
    this.#successThreshold = options.successThreshold ?? 3;
    this.#isFailure = options.isFailure ?? countsAsFailure;
    this.#window =
      failureRate === undefined
        ? createCountWindow(failureThreshold, windowMs, wiring.clock)
        : createRateWindow({ failureRate, minimumCalls, windowMs }, wiring.clock);
  }

  async run<T>(work: () => T | Promise<T>): Promise<T> {
    const permit = this.enter();
    if (!permit) throw this.refusal();
    try {
      const value = await work();
      this.succeeded(permit);
      return value;
    } catch (thrown) {
      this.failed(permit, toError(thrown));
      throw thrown;
    }
  }

  /** Undefined: refused. */
  enter(): Permit | undefined {
    if (this.#state.name === 'closed') return this.#state.permit;
    return this.#enterAsProbe();
  }

  /** A permit of an earlier state says nothing about this one. */
  succeeded(permit: Permit): void {
    const state = this.#state;
    if (state.name === 'closed') {
      if (state.permit === permit) this.#window.succeeded();
      return;
    }
    if (!this.#takeBack(permit) || state.name !== 'half_open') return;
    state.successes++;
    if (state.successes >= this.#successThreshold) this.#becomeClosed('probes succeeded');
  }

  failed(permit: Permit, error: Error): void {
    const { clock } = this.#wiring;
    const counts = askCallback(this.#wiring, () => this.#isFailure(error), {
      callback: 'isFailure',
      otherwise: true,
    });
    if (!counts) {
      this.#takeBack(permit);
      return;
    }
    this.#lastFailure = { at: clock.now(), error };
    if (this.#state.name === 'closed') {
      if (this.#state.permit === permit && this.#window.failed()) {
        this.#becomeOpen(clock.monotonic(), 'too many failures');
      }
    } else if (this.#takeBack(permit)) this.#becomeOpen(clock.monotonic(), 'a probe failed');
  }

  /** The call ended without saying anything about what it called. */
  released(permit: Permit): void {
    this.#takeBack(permit);
  }

  refusal(): CircuitOpenError {
    return new CircuitOpenError(this.#key, this.#retryAfterMs());
  }

  status(): CircuitBreakerStatus {
    this.#refresh();
    const state = this.#state;
    const halfOpen = state.name === 'half_open' ? state : undefined;
    const last = this.#lastFailure;
    const retryAfterMs = state.name === 'open' ? this.#retryAfterMs() : undefined;
    return {
      state: state.name,
      failures: this.#window.failures,
      successes: halfOpen?.successes ?? 0,
      probes: halfOpen?.probes.size ?? 0,
      rejected: this.#rejected,
      ...(last && { lastFailure: { at: last.at, error: toErrorData(last.error) } }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  }

  /** Nothing would be lost by forgetting this breaker. */
  get idle(): boolean {
    this.#refresh();
    return this.#state.name === 'closed' && this.#window.failures === 0;
  }

  isolate(): void {
    this.#become({ name: 'isolated' }, 'isolated by hand');
  }

  close(): void {
    this.#becomeClosed('closed by hand');
  }

  #enterAsProbe(): Permit | undefined {
    this.#refresh();
    const state = this.#state;
    if (
      state.name === 'half_open' &&
      state.successes + state.probes.size < this.#successThreshold
    ) {
      const probe: Permit = { startedAt: this.#wiring.clock.monotonic() };
      state.probes.add(probe);
      return probe;
    }
    this.#rejected++;
    return undefined;
  }

  /** False: the permit is not of this state. */
  #takeBack(permit: Permit): boolean {
    this.#refresh();
    return this.#state.name === 'half_open' && this.#state.probes.delete(permit);
  }

  /** Goes through what time alone has changed since somebody last looked. */
  #refresh(): void {
    if (this.#state.name === 'closed' || this.#state.name === 'isolated') return;
    const now = this.#wiring.clock.monotonic();
    for (;;) {
      const state: BreakerState = this.#state;
      if (state.name === 'open') {
        if (now < state.until) return;
        this.#become(
          { name: 'half_open', successes: 0, probes: new Set() },
          'recovery time is over',
        );
      } else {
        const lapsedAt = this.#firstLapse();
        if (lapsedAt === undefined || now < lapsedAt) return;
        this.#becomeOpen(lapsedAt, 'a probe did not settle');
      }
    }
  }

  /** When the oldest probe counts as failed. Probes are kept in the order in which they began. */
  #firstLapse(): number | undefined {
    if (this.#state.name !== 'half_open') return undefined;
    for (const { startedAt } of this.#state.probes) return startedAt + this.#recoveryTimeoutMs;
    return undefined;
  }

  #retryAfterMs(): number | undefined {
    if (this.#state.name === 'isolated') return undefined;
    const until = this.#state.name === 'open' ? this.#state.until : this.#firstLapse();
    return Math.max((until ?? 0) - this.#wiring.clock.monotonic(), 0);
  }

  #becomeOpen(openedAt: number, cause: string): void {
    this.#become({ name: 'open', until: openedAt + this.#recoveryTimeoutMs }, cause);
  }

  #becomeClosed(cause: string): void {
    this.#window.clear();
    this.#become({ name: 'closed', permit: { startedAt: 0 } }, cause);
  }

  #become(state: BreakerState, cause: string): void {
    const from = this.#state.name;
    this.#state = state;
    if (from === state.name) return;
    const { signals, clock } = this.#wiring;
    if (!signals.wants('circuit.changed')) return;
    signals.emit({
      type: 'circuit.changed',
      at: clock.now(),
      breaker: this.#key,
      from,
      to: state.name,
      cause,
    });
  }
}
