import type { HandlerContext } from '@llmgine/core';
import { LazySignal, type AbortNotice, type Clock } from '@llmgine/core/timing';
import { BudgetExceededError } from '@llmgine/llm';

/** Ends one run: with the signal of what it calls, and with waits that end at once, whatever is waited for. */
export class RunAbort {
  /** For those who only need to hear of it. */
  readonly notice = new LazySignal();
  readonly context: HandlerContext;
  readonly #outer: AbortNotice;
  readonly #follow = (): void => this.abort(this.#outer.reason);
  #deadline: Disposable | undefined = undefined;
  /** One, as long as a run does one thing after another; a set would leave its tables behind at every wait. */
  #waiting: ((reason: unknown) => void)[] = [];

  /** Follows the signal of the run's command until it is released. */
  constructor(context: HandlerContext) {
    const outer = context.abortNotice ?? context.signal;
    this.context = context;
    this.#outer = outer;
    if (outer.aborted) this.#follow();
    else outer.addEventListener('abort', this.#follow);
  }

  get signal(): AbortSignal {
    return this.notice.value;
  }

  abort(reason: unknown): void {
    if (this.notice.aborted) return;
    this.notice.abort(reason);
    for (const reject of this.#waiting.splice(0)) reject(this.notice.reason);
  }

  /** @throws the signal's reason */
  wait<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.notice.aborted) {
        promise.catch(() => {}); // its outcome no longer matters
        reject(this.notice.reason);
        return;
      }
      this.#waiting.push(reject);
      promise.then(
        (value) => {
          this.#forget(reject);
          resolve(value);
        },
        (thrown: unknown) => {
          this.#forget(reject);
          reject(thrown);
        },
      );
    });
  }

  /** Ends the run when its time is up: waits too, not only what would begin later. */
  limit(clock: Clock, maxMs: number): void {
    const exceeded = (): void => this.abort(new BudgetExceededError('maxMs', maxMs, maxMs));
    this.#deadline = clock.setTimer(exceeded, maxMs);
  }

  /** The run is over. */
  release(): void {
    this.#outer.removeEventListener('abort', this.#follow);
    this.#deadline?.[Symbol.dispose]();
  }

  #forget(reject: (reason: unknown) => void): void {
    if (this.#waiting.at(-1) === reject) this.#waiting.pop();
    else this.#waiting = this.#waiting.filter((other) => other !== reject);
  }
}
