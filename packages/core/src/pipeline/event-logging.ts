import { toError } from '../message/error-data.ts';
import type { EventMessage } from '../message/message.ts';
import type { SignalHub } from '../signals/signal-hub.ts';
import type { EventLog } from '../stores/event-log.ts';
import type { Clock } from '../timing/clock.ts';

/** Appends accepted events to the log, and reports what goes wrong with that. */
export class EventLogging {
  readonly #log: EventLog | undefined;
  readonly #signals: SignalHub;
  readonly #clock: Clock;
  /** Publishers that the log asked to wait. */
  readonly #waiting = new Set<() => void>();

  constructor(log: EventLog | undefined, signals: SignalHub, clock: Clock) {
    this.#log = log;
    this.#signals = signals;
    this.#clock = clock;
  }

  /** Throws what the log has against this event, before anything is done with it. */
  check(event: EventMessage): void {
    this.#log?.check?.(event);
  }

  /** A promise when the publisher must wait; it rejects when the log says that the event is lost. */
  append(event: EventMessage): Promise<void> | undefined {
    if (!this.#log) return undefined;
    try {
      const appended = this.#log.append(event);
      if (!appended) return undefined;
      return this.#waitFor(appended);
    } catch (thrown) {
      this.#failed('append', thrown);
      return undefined;
    }
  }

  /** Lets those go that wait for the log. */
  release(): void {
    for (const resolve of this.#waiting) resolve();
  }

  /** Never rejects. */
  async flush(): Promise<void> {
    try {
      await this.#log?.flush();
    } catch (thrown) {
      this.#failed('flush', thrown);
    }
  }

  #waitFor(appended: Promise<void>): Promise<void> {
    let forget = (): void => {};
    const promise = new Promise<void>((resolve, reject) => {
      this.#waiting.add(resolve);
      forget = (): void => void this.#waiting.delete(resolve);
      appended.then(resolve, (thrown: unknown) => {
        this.#failed('append', thrown);
        reject(thrown);
      });
    });
    promise.then(forget, forget); // also keeps a rejection that nobody awaits from crashing the process
    return promise;
  }

  #failed(operation: string, thrown: unknown): void {
    const error = toError(thrown);
    const at = this.#clock.now();
    this.#signals.emit({ type: 'store.failed', at, store: 'event-log', operation, error });
  }
}
