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
  const inside = new AsyncLocalStorage<{ active: boolean }>();
  const visitors = new Set<Visitor>();
  let last: Promise<void> = Promise.resolve();

  return {
    async enter(visitor, work) {
      if (inside.getStore()?.active) throw new EngineBusyError(sessionId, 'inside');
      if (visitors.size > 0 && onBusy === 'reject') throw new EngineBusyError(sessionId, 'running');
      if (onBusy === 'interrupt') abortAll(new RunInterruptedError());

      const turnBefore = last;
      const done = Promise.withResolvers<void>();
      const waits = visitors.size > 0;
      last = done.promise;
      visitors.add(visitor);
      try {
        if (waits) await visitor.latch.wait(turnBefore);
        return await runInside(work);
      } finally {
        visitors.delete(visitor);
        // One that gave up waiting must not let the next in before those ahead of it are out.
        void turnBefore.then(() => done.resolve());
      }
    },
    abortAll,
    whenIdle: () => last,
  };

  async function runInside<T>(work: () => Promise<T>): Promise<T> {
    const scope = { active: true };
    try {
      return await inside.run(scope, work);
    } finally {
      scope.active = false;
    }
  }

  function abortAll(reason: Error): void {
    for (const visitor of visitors) visitor.abort(reason);
  }
}
