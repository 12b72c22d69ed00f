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
  let observers: readonly BusObserver[] = [];
  let wanted: ReadonlySet<BusSignalType> | 'all' = new Set();

  return {
    get active() {
      return observers.length > 0;
    },
    wants: (type) => wanted === 'all' || wanted.has(type),
    emit,
    add(observer) {
      setObservers([...observers, observer]);
      return {
        [Symbol.dispose]: () => setObservers(observers.filter((other) => other !== observer)),
      };
    },
    async flush() {
      await Promise.all(observers.map((observer) => flushOne(observer)));
    },
    clear: () => setObservers([]),
  };

  function setObservers(next: readonly BusObserver[]): void {
    observers = next;
    wanted = next.some((observer) => !observer.signals)
      ? 'all'
      : new Set(next.flatMap((observer) => observer.signals ?? []));
  }

  function emit(signal: BusSignal): void {
    for (const observer of observers) {
      if (observer.signals && !observer.signals.includes(signal.type)) continue;
      try {
        observer.observe(signal);
      } catch (thrown) {
        report(observer, thrown, signal);
      }
    }
  }

  async function flushOne(observer: BusObserver): Promise<void> {
    try {
      await observer.flush?.();
    } catch (thrown) {
      report(observer, thrown);
    }
  }

  /** Tells the others; about a failure to hear of a failure, nobody. */
  function report(failing: BusObserver, thrown: unknown, during?: BusSignal): void {
    if (during?.type === 'observer.failed') return;
    const signal: BusSignal = { type: 'observer.failed', at: clock.now(), error: toError(thrown) };
    for (const observer of observers) {
      if (observer === failing) continue;
      if (observer.signals && !observer.signals.includes('observer.failed')) continue;
      try {
        observer.observe(signal);
      } catch {
        // Two observers that fail at each other's failures would go on for ever.
      }
    }
  }
}
