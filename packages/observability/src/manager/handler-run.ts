import type { BusSignal } from '@llmgine/core';
import type { ObservabilityHandler } from './observability-handler.ts';

/** Who hears of a handler's failures and changes. */
export interface HandlerRunListener {
  readonly failed: (run: HandlerRun, thrown: unknown, during?: BusSignal) => void;
  readonly changed: () => void;
}

/** One registered handler, kept from disturbing anybody. */
export class HandlerRun {
  readonly handler: ObservabilityHandler;
  failures = 0;
  readonly #listener: HandlerRunListener;
  readonly #watched: Disposable | undefined;
  /** What asynchronous handlers have begun; counted, so that it takes no memory. */
  #pending = 0;
  #settled: (() => void) | undefined;

  constructor(handler: ObservabilityHandler, listener: HandlerRunListener) {
    this.handler = handler;
    this.#listener = listener;
    this.#watched = handler.onChange?.(listener.changed);
  }

  observe(signal: BusSignal): void {
    try {
      const returned: unknown = this.handler.observe(signal);
      if (isThenable(returned)) this.#track(returned, signal);
    } catch (thrown) {
      this.failed(thrown, signal);
    }
  }

  /** One that fails at every signal is told of at its 1st, 2nd, 4th, 8th … failure. */
  failed(thrown: unknown, during?: BusSignal): void {
    this.failures += 1;
    const isPowerOfTwo = (this.failures & (this.failures - 1)) === 0;
    if (isPowerOfTwo) this.#listener.failed(this, thrown, during);
  }

  async flush(): Promise<void> {
    try {
      if (this.#pending > 0) {
        await new Promise<void>((resolve) => {
          this.#settled = resolve;
        });
      }
      await this.handler.flush?.();
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  async dispose(): Promise<void> {
    await this.flush();
    this.unwatch();
    try {
      await this.handler[Symbol.asyncDispose]?.();
    } catch (thrown) {
      this.failed(thrown);
    }
  }

  unwatch(): void {
    this.#watched?.[Symbol.dispose]();
  }

  /** `observe` should be synchronous, but an async function fits its type too. */
  #track(returned: PromiseLike<unknown>, signal: BusSignal): void {
    this.#pending += 1;
    const settled = (): void => {
      this.#pending -= 1;
      if (this.#pending === 0) this.#settled?.();
    };
    returned.then(settled, (thrown: unknown) => {
      this.failed(thrown, signal);
      settled();
    });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
