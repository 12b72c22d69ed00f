import { AsyncLocalStorage } from 'node:async_hooks';
import type { AbortLatch } from './abort-latch.ts';
import { EngineBusyError, RunInterruptedError } from './errors.ts';

/** What happens to a prompt that comes while another is being answered: it waits, is refused, or takes its place. */
export type OnBusy = 'queue' | 'reject' | 'interrupt';

/** A prompt at the gate. */
interface Visitor {
  readonly latch: AbortLatch;
  /** Ends the visitor's run, or its wait. */
  abort(reason: Error): void;
}

/** Lets one prompt of a session in at a time. */
export interface PromptGate {
  /** Does the work when it is this prompt's turn. @throws EngineBusyError */
  enter<T>(visitor: Visitor, work: () => Promise<T>): Promise<T>;
  /** Ends whoever is inside or waits. */
  abortAll(reason: Error): void;
  /** Resolves when nobody is inside or waits. */
  whenIdle(): Promise<void>;
}

/** Makes the gate of one session. */
export function createPromptGate(sessionId: string, onBusy: OnBusy): PromptGate {
  return new SingleGate(sessionId, onBusy);
}

/** Keeps no chain of promises from one visitor to the next: each would keep the run before it alive. */
class SingleGate implements PromptGate {
  readonly #sessionId: string;
  readonly #onBusy: OnBusy;
  readonly #inside = new AsyncLocalStorage<{ active: boolean }>();
  /** Who is inside or waits. */
  readonly #visitors = new Set<Visitor>();
  /** Let those who wait in, in the order they came. */
  readonly #waiting = new Set<() => void>();
  readonly #idleWaits: (() => void)[] = [];

  constructor(sessionId: string, onBusy: OnBusy) {
    this.#sessionId = sessionId;
    this.#onBusy = onBusy;
  }

  async enter<T>(visitor: Visitor, work: () => Promise<T>): Promise<T> {
    const waits = this.#visitors.size > 0;
    if (this.#inside.getStore()?.active) throw new EngineBusyError(this.#sessionId, 'inside');
    if (waits && this.#onBusy === 'reject') throw new EngineBusyError(this.#sessionId, 'running');
    if (waits && this.#onBusy === 'interrupt') this.abortAll(new RunInterruptedError());

    this.#visitors.add(visitor);
    try {
      if (waits) await this.#turnOf(visitor);
      return await this.#runInside(work);
    } finally {
      this.#visitors.delete(visitor);
      if (this.#visitors.size === 0) this.#becameIdle();
    }
  }

  abortAll(reason: Error): void {
    for (const visitor of this.#visitors) visitor.abort(reason);
  }

  whenIdle(): Promise<void> {
    if (this.#visitors.size === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#idleWaits.push(resolve));
  }

  /** One that gives up waiting leaves its place; had it been let in already, its turn goes to the next. */
  async #turnOf({ latch }: Visitor): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    try {
      await latch.wait(promise);
    } catch (thrown) {
      if (!this.#waiting.delete(resolve)) this.#letNextIn();
      throw thrown;
    }
  }

  async #runInside<T>(work: () => Promise<T>): Promise<T> {
    const scope = { active: true };
    try {
      return await this.#inside.run(scope, work);
    } finally {
      scope.active = false;
      this.#letNextIn();
    }
  }

  #letNextIn(): void {
    const [next] = this.#waiting;
    if (!next) return;
    this.#waiting.delete(next);
    next();
  }

  #becameIdle(): void {
    for (const resolve of this.#idleWaits.splice(0)) resolve();
  }
}
