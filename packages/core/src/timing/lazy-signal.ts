/** What an `AbortSignal` is to those who only want to hear of the abort; any `AbortSignal` is one. */
export interface AbortNotice {
  readonly aborted: boolean;
  /** Undefined until it is aborted. */
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

const nobody: readonly (() => void)[] = [];

/**
 * Can be aborted, and makes its `AbortSignal` when somebody first looks, who still sees the abort when late. Most runs
 * are never looked at, and a listener of an `AbortSignal` costs more than most of their other parts. Listeners must not
 * throw.
 */
export class LazySignal implements AbortNotice {
  #aborted = false;
  #reason: unknown = undefined;
  #listeners = nobody;
  #controller: AbortController | undefined = undefined;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  get value(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Only the first time counts. @param reason @default an `AbortError`, as an AbortController has it */
  abort(reason: unknown = new DOMException('This operation was aborted', 'AbortError')): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    const listeners = this.#listeners;
    this.#listeners = nobody;
    for (const listener of listeners) listener();
  }

  addEventListener(_: 'abort', listener: () => void): void {
    if (this.#aborted) return;
    this.#listeners = this.#listeners === nobody ? [listener] : [...this.#listeners, listener];
  }

  removeEventListener(_: 'abort', listener: () => void): void {
    const others = this.#listeners.filter((other) => other !== listener);
    this.#listeners = others.length === 0 ? nobody : others;
  }
}

/** The `AbortSignal` of a notice, for those who take nothing else. */
export function toAbortSignal(notice: AbortNotice): AbortSignal {
  if (notice instanceof AbortSignal) return notice;
  if (notice instanceof LazySignal) return notice.value;
  const controller = new AbortController();
  const abort = (): void => controller.abort(notice.reason);
  if (notice.aborted) abort();
  else notice.addEventListener('abort', abort);
  return controller.signal;
}
