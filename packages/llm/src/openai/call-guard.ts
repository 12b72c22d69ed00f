import type { Clock } from '@llmgine/core/timing';

/** What ends a call: its caller, or silence. */
export interface CallGuard extends Disposable {
  readonly signal: AbortSignal;
  /** Something came. */
  heard(): void;
  /** Nothing came for too long. */
  readonly timedOut: boolean;
}

/** How long a call may be silent, and who else may end it. */
export interface CallGuardOptions {
  readonly signal: AbortSignal | undefined;
  readonly idleTimeoutMs: number;
  readonly clock: Clock;
}

/** Watches a call with one timer, however many pieces come. */
export function createCallGuard({ signal, idleTimeoutMs, clock }: CallGuardOptions): CallGuard {
  const controller = new AbortController();
  let heardSinceTick = false;
  let timedOut = false;
  let timer = clock.setTimer(tick, idleTimeoutMs);
  const abort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });

  return {
    signal: controller.signal,
    heard() {
      heardSinceTick = true;
    },
    get timedOut() {
      return timedOut;
    },
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      signal?.removeEventListener('abort', abort);
    },
  };

  function tick(): void {
    if (heardSinceTick) {
      heardSinceTick = false;
      timer = clock.setTimer(tick, idleTimeoutMs);
      return;
    }
    timedOut = true;
    controller.abort(new DOMException('The endpoint is silent.', 'TimeoutError'));
  }
}
