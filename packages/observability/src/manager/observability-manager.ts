import {
  InvalidOptionsError,
  systemClock,
  toError,
  type BusSignal,
  type BusSignalType,
  type Clock,
  type ObservabilityPort,
} from '@llmgine/core';
import { HandlerRun } from './handler-run.ts';
import type { ObservabilityHandler } from './observability-handler.ts';
import { wrapAttempts, wrapCommands, wrapEvents } from './wrap-handlers.ts';

/** Fans what a bus reports out to handlers. Pass it to `bus.setObservabilityManager`. */
export interface ObservabilityManager extends ObservabilityPort, AsyncDisposable {
  /**
   * Disposing the registration takes the handler out again; it does not dispose the handler.
   * @throws InvalidOptionsError when a handler of this name is registered
   */
  registerHandler(handler: ObservabilityHandler): Disposable;
  /** Takes a handler out, by itself or by its name. False: it was not registered. */
  unregisterHandler(handler: ObservabilityHandler | string): boolean;
  /** The handlers, in the order they were registered. */
  readonly handlers: readonly ObservabilityHandler[];
  /** How often each handler has failed, by name. */
  failures(): Readonly<Record<string, number>>;
  /** Writes out what the handlers have buffered. */
  flush(): Promise<void>;
}

/** What the manager is made of. */
export interface ObservabilityManagerOptions {
  /** @default none */
  readonly handlers?: readonly ObservabilityHandler[];
  /** @default systemClock */
  readonly clock?: Clock;
}

/** Makes a manager. Signals that no handler wants are never built, and nothing wraps unless a handler does. */
export function createObservabilityManager({
  handlers = [],
  clock = systemClock,
}: ObservabilityManagerOptions = {}): ObservabilityManager {
  const manager = new FanOut(clock);
  for (const handler of handlers) manager.registerHandler(handler);
  // What wraps is undefined where nothing does, which optional properties do not admit.
  return manager as unknown as ObservabilityManager;
}

class FanOut {
  readonly name = 'observability';
  signals: readonly BusSignalType[] | undefined = [];
  aroundCommand: ObservabilityHandler['aroundCommand'] | undefined;
  aroundEvent: ObservabilityHandler['aroundEvent'] | undefined;
  aroundAttempt: ObservabilityHandler['aroundAttempt'] | undefined;
  readonly #clock: Clock;
  readonly #watchers = new Set<() => void>();
  #runs: readonly HandlerRun[] = [];
  #runsWanting = new Map<BusSignalType, readonly HandlerRun[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get handlers(): readonly ObservabilityHandler[] {
    return this.#runs.map(({ handler }) => handler);
  }

  registerHandler(handler: ObservabilityHandler): Disposable {
    if (this.#runs.some((run) => run.handler.name === handler.name)) {
      throw new InvalidOptionsError('register an observability handler', [
        `'${handler.name}' is registered already; unregister it first, or give this one another name`,
      ]);
    }
    const run = new HandlerRun(handler, {
      failed: (...failure) => this.#reportFailure(...failure),
      changed: () => this.#change(this.#runs),
    });
    this.#change([...this.#runs, run]);
    return { [Symbol.dispose]: () => void this.unregisterHandler(handler) };
  }

  unregisterHandler(handler: ObservabilityHandler | string): boolean {
    const leaving = this.#runs.find(
      (run) => run.handler === handler || run.handler.name === handler,
    );
    if (!leaving) return false;
    leaving.unwatch();
    this.#change(this.#runs.filter((run) => run !== leaving));
    return true;
  }

  failures(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#runs.map(({ handler, failures }) => [handler.name, failures]));
  }

  onChange(changed: () => void): Disposable {
    this.#watchers.add(changed);
    return { [Symbol.dispose]: () => void this.#watchers.delete(changed) };
  }

  observe(signal: BusSignal): void {
    for (const run of this.#wanting(signal.type)) run.observe(signal);
  }

  async flush(): Promise<void> {
    await Promise.all(this.#runs.map((run) => run.flush()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#runs.map((run) => run.dispose()));
    this.#change([]);
  }

  #wanting(type: BusSignalType): readonly HandlerRun[] {
    let runs = this.#runsWanting.get(type);
    if (!runs) {
      runs = this.#runs.filter(({ handler }) => handler.signals?.includes(type) ?? true);
      this.#runsWanting.set(type, runs);
    }
    return runs;
  }

  /** The others hear of it; nobody hears of a failure to hear of a failure. */
  #reportFailure(failing: HandlerRun, thrown: unknown, during?: BusSignal): void {
    if (during?.type === 'observer.failed') return;
    const signal: BusSignal = {
      type: 'observer.failed',
      at: this.#clock.now(),
      error: toError(thrown),
    };
    for (const run of this.#wanting('observer.failed')) if (run !== failing) run.observe(signal);
  }

  #change(runs: readonly HandlerRun[]): void {
    this.#runs = runs;
    this.#runsWanting = new Map();
    this.signals = runs.some(({ handler }) => !handler.signals)
      ? undefined
      : [...new Set(runs.flatMap(({ handler }) => handler.signals ?? []))];
    this.aroundCommand = wrapCommands(runs);
    this.aroundEvent = wrapEvents(runs);
    this.aroundAttempt = wrapAttempts(runs);
    for (const changed of this.#watchers) changed();
  }
}
