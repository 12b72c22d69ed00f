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
  #wantsAll = false;
  /** A plain object: asked several times for every event. */
  #wanted: Partial<Record<BusSignalType, true>> = {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get active(): boolean {
    return this.#observers.length > 0;
  }

  wants(type: BusSignalType): boolean {
    return this.#wantsAll || this.#wanted[type] === true;
  }

  emit(signal: BusSignal): void {
    for (const observer of this.#observers) {
      if (observer.signals && !observer.signals.includes(signal.type)) continue;
      try {
        observer.observe(signal);
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
    this.#wantsAll = observers.some((observer) => !observer.signals);
    const wanted = observers.flatMap((observer) => observer.signals ?? []);
    this.#wanted = Object.fromEntries(wanted.map((type) => [type, true]));
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
    for (const observer of this.#observers) {
      const isDeaf = observer.signals && !observer.signals.includes(signal.type);
      if (observer === failing || isDeaf) continue;
      try {
        observer.observe(signal);
      } catch {
        // See above.
      }
    }
  }
}
