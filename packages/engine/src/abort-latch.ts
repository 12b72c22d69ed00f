/** Waits that end at once when a signal aborts, whatever is waited for. */
export interface AbortLatch extends Disposable {
  /** @throws the signal's reason */
  wait<T>(promise: Promise<T>): Promise<T>;
}

/** Makes the latch of one run: one listener on the signal, however many waits. */
export function createAbortLatch(signal: AbortSignal): AbortLatch {
  const waiting = new Set<(reason: unknown) => void>();
  const abort = (): void => {
    for (const reject of waiting) reject(signal.reason);
    waiting.clear();
  };
  signal.addEventListener('abort', abort, { once: true });

  return {
    wait: (promise) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          promise.catch(() => {}); // its outcome no longer matters
          reject(signal.reason);
          return;
        }
        waiting.add(reject);
        promise.then(
          (value) => {
            waiting.delete(reject);
            resolve(value);
          },
          (thrown: unknown) => {
            waiting.delete(reject);
            reject(thrown);
          },
        );
      }),
    [Symbol.dispose]: () => signal.removeEventListener('abort', abort),
  };
}
