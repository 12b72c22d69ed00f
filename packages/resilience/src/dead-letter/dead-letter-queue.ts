import { toError, toErrorData, type AnyMessage } from '@llmgine/core';
import type {
  DeadLetterEntry,
  DeadLetterFilter,
  DeadLetterQuery,
  DeadLetterStore,
} from '@llmgine/core/stores';
import type { GivenUpReason } from '../retry/recovery.ts';
import type { Wiring } from '../wiring.ts';

/** A message that was given up on just now. */
export interface DeadLetter {
  readonly message: AnyMessage;
  /** The event handler that failed; absent for commands. */
  readonly handler?: string;
  readonly error: Error;
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly firstAttemptAt: number;
  readonly reason: GivenUpReason;
}

/** How many to keep, and where. */
export interface DeadLetterQueueOptions {
  readonly store: DeadLetterStore;
  readonly capacity: number;
}

/** The name under which a dead letter is kept. */
export function deadLetterId(message: AnyMessage, handler?: string): string {
  return handler === undefined ? message.id : `${message.id}:${handler}`;
}

/** Keeps what was given up on, up to a capacity. */
export class DeadLetterQueue {
  readonly #store: DeadLetterStore;
  readonly #capacity: number;
  readonly #wiring: Wiring;
  /** Those being retried, by the id under which they would come back. */
  readonly #retrying = new Map<string, { failure: DeadLetter | undefined }>();
  readonly #pending = new Set<Promise<void>>();
  #evicting: Promise<void> = Promise.resolve();
  #evicted = 0;

  constructor({ store, capacity }: DeadLetterQueueOptions, wiring: Wiring) {
    this.#store = store;
    this.#capacity = capacity;
    this.#wiring = wiring;
  }

  get store(): DeadLetterStore {
    return this.#store;
  }

  /** Keeps one; false: it was being retried, and goes back where it was. Never rejects: a store that fails is reported. */
  async add(letter: DeadLetter): Promise<boolean> {
    const retry = this.#retrying.get(deadLetterId(letter.message, letter.handler));
    if (retry) {
      retry.failure = letter;
      return false;
    }
    const adding = this.#keep(letter);
    this.#pending.add(adding);
    await adding;
    this.#pending.delete(adding);
    return true;
  }

  /** What the message fails with while it is retried is remembered instead of kept a second time. */
  retryingAs(id: string): { readonly failure: DeadLetter | undefined } & Disposable {
    const retry = { failure: undefined, [Symbol.dispose]: () => void this.#retrying.delete(id) };
    this.#retrying.set(id, retry);
    return retry;
  }

  isRetrying(id: string): boolean {
    return this.#retrying.has(id);
  }

  list(query: DeadLetterQuery = {}): Promise<readonly DeadLetterEntry[]> {
    return this.#store.list(query);
  }

  async discard(id: string): Promise<boolean> {
    const discarded = await this.#store.discard(id);
    if (discarded) await this.reportChange();
    return discarded;
  }

  async purge(filter?: DeadLetterFilter): Promise<number> {
    const purged = await this.#store.purge(filter);
    if (purged > 0) await this.reportChange();
    return purged;
  }

  /** Tells how many there are, after some have gone. */
  async reportChange(): Promise<void> {
    const { signals, clock } = this.#wiring;
    if (!signals.wants('dead-letters.changed')) return;
    await this.#watched('count', async () => {
      const deadLetters = await this.#store.count();
      signals.emit({ type: 'dead-letters.changed', at: clock.now(), deadLetters });
    });
  }

  /** Resolves when everything given so far is stored. */
  async flush(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** Throws out the oldest beyond the capacity, one caller at a time. */
  evictOverflow(status: 'waiting' | 'resolved'): Promise<void> {
    this.#evicting = this.#evicting.then(() => this.#watched('evict', () => this.#evict(status)));
    return this.#evicting;
  }

  async #keep(letter: DeadLetter): Promise<void> {
    const entry = this.#entryOf(letter);
    const kept = await this.#watched('add', () => this.#store.add(entry).then(() => true));
    if (!kept) return;
    await this.evictOverflow('waiting');
    await this.#watched('count', () => this.#report(letter));
  }

  async #evict(status: 'waiting' | 'resolved'): Promise<void> {
    const { clock, signals } = this.#wiring;
    for (
      let excess = (await this.#store.count({ status })) - this.#capacity;
      excess > 0;
      excess--
    ) {
      const [oldest] = await this.#store.list({ status, limit: 1 });
      if (!oldest || !(await this.#store.discard(oldest.id))) return;
      this.#evicted++;
      signals.emit({
        type: 'dead-letter.evicted',
        at: clock.now(),
        id: oldest.id,
        entry: oldest,
        evicted: this.#evicted,
      });
    }
  }

  #entryOf({
    message,
    handler,
    error,
    attempts,
    firstAttemptAt,
    reason,
  }: DeadLetter): DeadLetterEntry {
    return {
      id: deadLetterId(message, handler),
      message,
      ...(handler !== undefined && { handler }),
      error: toErrorData(error),
      attempts,
      firstAttemptAt,
      lastAttemptAt: this.#wiring.clock.now(),
      reason,
      redrives: 0,
      status: 'waiting',
    };
  }

  async #report({ message, handler, error }: DeadLetter): Promise<void> {
    const { signals, clock } = this.#wiring;
    if (!signals.active) return;
    const deadLetters = await this.#store.count();
    const at = clock.now();
    if (message.kind === 'command') {
      signals.emit({ type: 'command.dead-lettered', at, command: message, error, deadLetters });
    } else {
      const named = { event: message, handler: handler ?? '' };
      signals.emit({ type: 'event.dead-lettered', at, ...named, error, deadLetters });
    }
  }

  /** What a command or handler failed with must reach its caller, whatever becomes of the store. */
  async #watched<T>(operation: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      const { signals, clock } = this.#wiring;
      signals.emit({
        type: 'store.failed',
        at: clock.now(),
        store: 'dead-letters',
        operation,
        error: toError(thrown),
      });
      return undefined;
    }
  }
}
