import type { Clock } from '@llmgine/core';

/** One run that may take so long. */
export interface DeadlineRun<T> {
  /** Gets the signal on demand: most work never asks for it. */
  readonly run: (signal: () => AbortSignal) => T | Promise<T>;
  /** `Infinity`: no deadline. */
  readonly timeoutMs: number;
  /** Ends the run at once. */
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  /** The error of a run that took too long. */
  readonly timedOut: () => Error;
  /** The error of a run that was aborted. */
  readonly aborted: (reason: unknown) => Error;
  /** Gets what became of a run that had been given up on. */
  readonly onLate: (outcome: { readonly value: T } | { readonly error: unknown }) => void;
}

/**
 * Aborts and races: settles at the deadline or the abort even when the work ignores its signal.
 * Work that returns no promise has finished when it returns.
 */
export function runWithDeadline<T>(options: DeadlineRun<T>): T | Promise<T> {
  const { run, signal } = options;
  const controller = lazyController();
  if (signal?.aborted) throw options.aborted(signal.reason);

  const running = run(() => controller.signal());
  return isPromiseLike(running) ? race(running, controller, options) : running;
}

function race<T>(
  running: Promise<T>,
  controller: LazyController,
  options: DeadlineRun<T>,
): Promise<T> {
  const { timeoutMs, signal, clock, timedOut, aborted, onLate } = options;

  return new Promise((resolve, reject) => {
    let waiting = true;
    const timer = Number.isFinite(timeoutMs)
      ? clock.setTimer(() => giveUp(timedOut()), timeoutMs)
      : undefined;
    signal?.addEventListener('abort', cancelled, { once: true });
    // The work may have aborted its own call before it returned its promise.
    if (signal?.aborted) cancelled();

    running.then(
      (value) => (leave() ? resolve(value) : onLate({ value })),
      (error: unknown) => (leave() ? reject(error as Error) : onLate({ error })),
    );

    function cancelled(): void {
      giveUp(aborted(signal?.reason));
    }

    function giveUp(error: Error): void {
      if (!leave()) return;
      reject(error);
      controller.abort(error);
    }

    function leave(): boolean {
      if (!waiting) return false;
      waiting = false;
      timer?.[Symbol.dispose]();
      signal?.removeEventListener('abort', cancelled);
      return true;
    }
  });
}

interface LazyController {
  signal(): AbortSignal;
  abort(reason: unknown): void;
}

/** Made when somebody first looks; one that looks late still sees the abort. */
function lazyController(): LazyController {
  let controller: AbortController | undefined;
  let ended: { readonly reason: unknown } | undefined;
  return {
    signal() {
      controller ??= new AbortController();
      if (ended) controller.abort(ended.reason);
      return controller.signal;
    },
    abort(reason) {
      ended = { reason };
      controller?.abort(reason);
    },
  };
}

function isPromiseLike<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
