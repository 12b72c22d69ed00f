import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { EngineBusyError, RunInterruptedError } from './errors.ts';
import type { RunAbort } from './run-abort.ts';

/** What happens to a prompt that comes while another is being answered: it waits, is refused, or takes its place. */
export type OnBusy = 'queue' | 'reject' | 'interrupt';

/** A prompt at the gate. */
type Visitor = Pick<RunAbort, 'abort' | 'wait' | 'release'>;

/** Lets one prompt of a session in at a time. */
export interface PromptGate {
  /** Does the work when it is this prompt's turn, and releases the visitor after that. @throws EngineBusyError */
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

/** Marks what a prompt does, for as long as it is inside. */
interface Stay {
  active: boolean;
}

/**
 * Keeps no chain of promises from one visitor to the next, nor a set whose tables would be such a chain: each would keep
 * the run before it alive.
 */
class SingleGate implements PromptGate {
  readonly #sessionId: string;
  readonly #onBusy: OnBusy;
  readonly #stays = new AsyncLocalStorage<Stay>();
  /** Who is inside or waits. */
  #visitors = nobody;
  /** Let those who wait in, in the order they came. */
  readonly #waiting: (() => void)[] = [];
  readonly #idleWaits: (() => void)[] = [];

  constructor(sessionId: string, onBusy: OnBusy) {
    this.#sessionId = sessionId;
    this.#onBusy = onBusy;
  }

  async enter<T>(visitor: Visitor, work: () => Promise<T>): Promise<T> {
    const stay: Stay = { active: false };
    try {
      if (this.#mustWait(visitor)) await this.#turnOf(visitor);
      stay.active = true;
      return await this.#runInside(stay, work);
    } finally {
      this.#left(visitor, stay);
    }
  }

  abortAll(reason: Error): void {
    for (const visitor of this.#visitors) visitor.abort(reason);
  }

  whenIdle(): Promise<void> {
    if (this.#visitors.length === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#idleWaits.push(resolve));
  }

  /** @throws EngineBusyError */
  #mustWait(visitor: Visitor): boolean {
    const waits = this.#visitors.length > 0;
    if (this.#stays.getStore()?.active) throw new EngineBusyError(this.#sessionId, 'inside');
    if (waits && this.#onBusy === 'reject') throw new EngineBusyError(this.#sessionId, 'running');
    if (waits && this.#onBusy === 'interrupt') this.abortAll(new RunInterruptedError());
    this.#visitors = waits ? [...this.#visitors, visitor] : [visitor];
    return waits;
  }

  /** One that gives up waiting leaves its place; had it been let in already, its turn goes to the next. */
  async #turnOf(visitor: Visitor): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    try {
      await visitor.wait(promise);
    } catch (thrown) {
      const place = this.#waiting.indexOf(resolve);
      if (place >= 0) this.#waiting.splice(place, 1);
      else this.#letNextIn();
      throw thrown;
    }
  }

  /** The caller's async context comes back for less than what AsyncLocalStorage.run takes for it. */
  #runInside<T>(stay: Stay, work: () => Promise<T>): Promise<T> {
    return new AsyncResource('LlmginePrompt').runInAsyncScope(
      enterAndRun<T>,
      undefined,
      this.#stays,
      stay,
      work,
    );
  }

  #left(visitor: Visitor, stay: Stay): void {
    visitor.release();
    if (stay.active) {
      stay.active = false;
      this.#letNextIn();
    }
    if (!this.#visitors.includes(visitor)) return; // refused
    const others = this.#visitors.filter((other) => other !== visitor);
    this.#visitors = others.length > 0 ? others : nobody;
    if (others.length > 0) return;
    for (const resolve of this.#idleWaits.splice(0)) resolve();
  }

  #letNextIn(): void {
    this.#waiting.shift()?.();
  }
}

const nobody: readonly Visitor[] = [];

function enterAndRun<T>(
  stays: AsyncLocalStorage<Stay>,
  stay: Stay,
  work: () => Promise<T>,
): Promise<T> {
  stays.enterWith(stay);
  return work();
}
