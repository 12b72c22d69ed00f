import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { DispatchScope } from './dispatch-scope.ts';

/** Knows which messages are being handled, and, where scopes are ambient, which of them the caller is inside. */
export class RunningScopes {
  readonly #ambient: AsyncLocalStorage<DispatchScope> | undefined;
  readonly #watchers = new Set<() => void>();
  #first: DispatchScope | undefined;
  #count = 0;

  constructor(reentrancy: 'ambient' | 'context') {
    this.#ambient = reentrancy === 'ambient' ? new AsyncLocalStorage() : undefined;
  }

  get count(): number {
    return this.#count;
  }

  /** The open scope that the caller is inside, by its async context. */
  get current(): DispatchScope | undefined {
    const scope = this.#ambient?.getStore();
    return scope?.open ? scope : undefined;
  }

  /** The scope to send from: a context's own, or one further in when that context was carried there. */
  innermost(scope: DispatchScope): DispatchScope | undefined {
    const ambient = this.current;
    if (ambient && ambient !== scope && ambient.isInside(scope)) return ambient;
    return scope.open ? scope : undefined;
  }

  /**
   * Runs work inside a scope; the caller's own async context comes back afterwards. An AsyncResource restores it for
   * the price of two pointer swaps, where AsyncLocalStorage.run copies the whole context a second time.
   */
  runInside<T>(scope: DispatchScope, work: () => T): T {
    if (!this.#ambient) return work();
    return new AsyncResource('LlmgineScope').runInAsyncScope(
      enterAndRun,
      undefined,
      this.#ambient,
      scope,
      work,
    ) as T;
  }

  /** The same where the caller's async context is thrown away next, as at the start of a queued dispatch. */
  enter(scope: DispatchScope): void {
    this.#ambient?.enterWith(scope);
  }

  add(scope: DispatchScope): void {
    this.#count++;
    scope.nextRunning = this.#first;
    if (this.#first) this.#first.previousRunning = scope;
    this.#first = scope;
  }

  remove(scope: DispatchScope): void {
    this.#count--;
    const { previousRunning, nextRunning } = scope;
    if (previousRunning) previousRunning.nextRunning = nextRunning;
    else this.#first = nextRunning;
    if (nextRunning) nextRunning.previousRunning = previousRunning;
    scope.previousRunning = undefined;
    scope.nextRunning = undefined;
    if (this.#watchers.size > 0) this.changed();
  }

  /** A snapshot: aborting one may end others. */
  filter(matches: (scope: DispatchScope) => boolean): DispatchScope[] {
    const found: DispatchScope[] = [];
    for (let scope = this.#first; scope; scope = scope.nextRunning) {
      if (matches(scope)) found.push(scope);
    }
    return found;
  }

  /** Aborts what runs inside a scope that was given up on. */
  abortInside(ancestor: DispatchScope, reason: unknown): void {
    for (const scope of this.filter((each) => each !== ancestor && each.isInside(ancestor))) {
      scope.owner?.abort(reason);
    }
  }

  /** Resolves when `isDone` holds; asked again whenever something has ended. */
  until(isDone: () => boolean): Promise<void> {
    if (isDone()) return Promise.resolve();
    return new Promise((resolve) => {
      const check = (): void => {
        if (!isDone()) return;
        this.#watchers.delete(check);
        resolve();
      };
      this.#watchers.add(check);
    });
  }

  /** Waits for others to end, inside a scope: whoever waits for all to end must then not wait for that one. */
  async waiting<T>(scope: DispatchScope | undefined, wait: () => Promise<T>): Promise<T> {
    if (!scope) return wait();
    scope.countWait(1);
    this.changed();
    try {
      return await wait();
    } finally {
      scope.countWait(-1);
    }
  }

  /** Lets those who wait look again. */
  changed(): void {
    for (const check of this.#watchers) check();
  }
}

function enterAndRun<T>(
  ambient: AsyncLocalStorage<DispatchScope>,
  scope: DispatchScope,
  work: () => T,
): T {
  ambient.enterWith(scope);
  return work();
}
