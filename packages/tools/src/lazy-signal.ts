/** A signal that is made when somebody first looks; one that looks late still sees the abort. */
export class LazySignal {
  #controller: AbortController | undefined;
  #ended: { readonly reason: unknown } | undefined;

  get value(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#ended) this.#controller.abort(this.#ended.reason);
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#ended = { reason };
    this.#controller?.abort(reason);
  }
}
