import { toError } from '../message/error-data.ts';
import type { Clock } from '../timing/clock.ts';
import { systemClock } from '../timing/system-clock.ts';
import type { BusObserver, BusSignal, BusSignalType } from './bus-signal.ts';

/** Fans signals out to observers. */
export interface SignalHub {
  /** Somebody observes: signals are worth making. */
  readonly active: boolean;
  /** Somebody wants signals of this type. */
  wants(type: BusSignalType): boolean;
  /** An observer that throws is reported to the others and disturbs nobody. */
  emit(signal: BusSignal): void;
  add(observer: BusObserver): Disposable;
  /** Awaits every observer's `flush`. Never rejects. */
  flush(): Promise<void>;
  /** Removes all observers. */
  clear(): void;
}

/** Makes a hub without observers. */
export function createSignalHub({ clock = systemClock }: { clock?: Clock } = {}): SignalHub {
  return new ObserverList(clock);
}

class ObserverList implements SignalHub {
  readonly #clock: Clock;
  #observers: readonly BusObserver[] = [];
  /** Who wants which signal, found out when it is first asked for. A plain object: asked several times for every event. */
  #wanting: Partial<Record<BusSignalType, readonly BusObserver[]>> = {};

  #wantsPublished = false;
  #wantsQueued = false;
  #wantsProcessed = false;
  #wantsStarted = false;
  #wantsCompleted = false;
  #wantsHandlerStarted = false;
  #wantsHandlerFinished = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get active(): boolean {
    return this.#observers.length > 0;
  }

  wants(type: BusSignalType): boolean {
    if (this.#observers.length === 0) return false;
    // Asked for each message. Comparing a few names takes a fraction of the time of looking one up.
    switch (type) {
      case 'event.published':
        return this.#wantsPublished;
      case 'event.queued':
        return this.#wantsQueued;
      case 'event.processed':
        return this.#wantsProcessed;
      case 'command.started':
        return this.#wantsStarted;
      case 'command.completed':
        return this.#wantsCompleted;
      case 'handler.started':
        return this.#wantsHandlerStarted;
      case 'handler.finished':
        return this.#wantsHandlerFinished;
      default:
        return this.#whoWants(type).length > 0;
    }
  }

  emit(signal: BusSignal): void {
    for (const observer of this.#whoWants(signal.type)) {
      try {
        // Typed to give nothing back; an async function fits that type all the same.
        const returned = observer.observe(signal) as unknown;
        if (returned instanceof Promise) {
          returned.catch((thrown: unknown) => this.#report(observer, thrown, signal));
        }
      } catch (thrown) {
        this.#report(observer, thrown, signal);
      }
    }
  }

  add(observer: BusObserver): Disposable {
    // Its own object: the same observer may be added twice.
    let present = true;
    this.#set([...this.#observers, observer]);
    const watching = observer.onChange?.(() => this.#set(this.#observers));
    return {
      [Symbol.dispose]: () => {
        if (!present) return;
        present = false;
        watching?.[Symbol.dispose]();
        const at = this.#observers.lastIndexOf(observer);
        if (at >= 0) this.#set(this.#observers.toSpliced(at, 1));
      },
    };
  }

  async flush(): Promise<void> {
    await Promise.all(this.#observers.map((observer) => this.#flushOne(observer)));
  }

  clear(): void {
    this.#set([]);
  }

  #set(observers: readonly BusObserver[]): void {
    this.#observers = observers;
    this.#wanting = {};
    const wants = (type: BusSignalType): boolean => this.#whoWants(type).length > 0;
    this.#wantsPublished = wants('event.published');
    this.#wantsQueued = wants('event.queued');
    this.#wantsProcessed = wants('event.processed');
    this.#wantsStarted = wants('command.started');
    this.#wantsCompleted = wants('command.completed');
    this.#wantsHandlerStarted = wants('handler.started');
    this.#wantsHandlerFinished = wants('handler.finished');
  }

  #whoWants(type: BusSignalType): readonly BusObserver[] {
    return (this.#wanting[type] ??= this.#observers.filter(
      ({ signals }) => signals?.includes(type) ?? true,
    ));
  }

  async #flushOne(observer: BusObserver): Promise<void> {
    try {
      await observer.flush?.();
    } catch (thrown) {
      this.#report(observer, thrown);
    }
  }

  /** Tells the others; about a failure to hear of a failure, nobody, or two observers would go on for ever. */
  #report(failing: BusObserver, thrown: unknown, during?: BusSignal): void {
    if (during?.type === 'observer.failed') return;
    const signal: BusSignal = {
      type: 'observer.failed',
      at: this.#clock.now(),
      error: toError(thrown),
    };
    for (const observer of this.#whoWants(signal.type)) {
      if (observer === failing) continue;
      try {
        observer.observe(signal);
      } catch {
        // See above.
      }
    }
  }
}
