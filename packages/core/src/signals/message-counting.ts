import { toError } from '../message/error-data.ts';
import type { CommandMessage, EventMessage } from '../message/message.ts';
import type { Clock } from '../timing/clock.ts';
import type { BusObserver, BusSignalType } from './bus-signal.ts';
import type { MetricsSource } from './metrics-source.ts';
import type { SignalHub } from './signal-hub.ts';

/** Tells the bus's metrics of messages that they only count, if they name the signals that they want otherwise. */
export class MessageCounting {
  readonly #metrics: MetricsSource | undefined;
  /** The same, if it names its signals. */
  readonly #counts: MetricsSource | undefined;
  readonly #signals: SignalHub;
  readonly #clock: Clock;

  constructor(metrics: MetricsSource | undefined, signals: SignalHub, clock: Clock) {
    this.#metrics = metrics;
    this.#counts = metrics?.signals && metrics;
    this.#signals = signals;
    this.#clock = clock;
  }

  /** Watches for everything but what is counted here. */
  observe(): void {
    const metrics = this.#metrics;
    if (metrics) this.#signals.add(this.#counts ? withoutCounted(metrics) : metrics);
  }

  published(event: EventMessage): void {
    if (!this.#counts?.eventPublished) return;
    try {
      this.#counts.eventPublished(event);
    } catch (thrown) {
      this.#report(thrown);
    }
  }

  started(command: CommandMessage): void {
    if (!this.#counts?.commandStarted) return;
    try {
      this.#counts.commandStarted(command);
    } catch (thrown) {
      this.#report(thrown);
    }
  }

  #report(thrown: unknown): void {
    this.#signals.emit({ type: 'observer.failed', at: this.#clock.now(), error: toError(thrown) });
  }
}

function withoutCounted(metrics: MetricsSource): BusObserver {
  const isLeft = (type: BusSignalType): boolean =>
    !(type === 'event.published' && metrics.eventPublished) &&
    !(type === 'command.started' && metrics.commandStarted);
  return {
    get signals() {
      return metrics.signals?.filter(isLeft) ?? [];
    },
    observe: (signal) => metrics.observe(signal),
    onChange: (changed) => metrics.onChange?.(changed) ?? nothingToDispose,
    flush: async () => metrics.flush?.(),
  };
}

const nothingToDispose: Disposable = { [Symbol.dispose]: () => {} };
