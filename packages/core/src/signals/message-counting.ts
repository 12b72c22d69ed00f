import type { CommandResult } from '../message/command-result.ts';
import { toError } from '../message/error-data.ts';
import type { CommandMessage, EventMessage } from '../message/message.ts';
import type { Clock } from '../timing/clock.ts';
import type { BusObserver, BusSignalType, HandlerFailure } from './bus-signal.ts';
import type { MetricsSource } from './metrics-source.ts';
import type { SignalHub } from './signal-hub.ts';

/** Which method stands for which signal. */
const methodOf = {
  'event.published': 'eventPublished',
  'event.processed': 'eventProcessed',
  'command.started': 'commandStarted',
  'command.completed': 'commandCompleted',
} as const satisfies Partial<Record<BusSignalType, keyof MetricsSource>>;

/** Tells the bus's metrics of messages by plain calls, if they name the signals that they want otherwise. */
export class MessageCounting {
  /** How long events take is measured here. */
  readonly timesEvents: boolean;
  /** How long commands take is measured here. */
  readonly timesCommands: boolean;
  readonly #metrics: MetricsSource | undefined;
  /** The same, if it names its signals. */
  readonly #counts: MetricsSource | undefined;
  readonly #signals: SignalHub;
  readonly #clock: Clock;

  constructor(metrics: MetricsSource | undefined, signals: SignalHub, clock: Clock) {
    this.#metrics = metrics;
    this.#counts = metrics?.signals && metrics;
    this.timesEvents = this.#counts?.eventProcessed !== undefined;
    this.timesCommands = this.#counts?.commandCompleted !== undefined;
    this.#signals = signals;
    this.#clock = clock;
  }

  /** Watches for everything but what is counted here. */
  observe(): void {
    const metrics = this.#metrics;
    if (metrics) this.#signals.add(this.#counts ? withoutCounted(metrics) : metrics);
  }

  published(event: EventMessage): void {
    const counts = this.#counts;
    if (!counts?.eventPublished) return;
    try {
      counts.eventPublished(event);
    } catch (thrown) {
      this.#report(thrown);
    }
  }

  processed(event: EventMessage, durationMs: number, failures: readonly HandlerFailure[]): void {
    const counts = this.#counts;
    if (!counts?.eventProcessed) return;
    try {
      counts.eventProcessed(event, durationMs, failures);
    } catch (thrown) {
      this.#report(thrown);
    }
  }

  started(command: CommandMessage): void {
    const counts = this.#counts;
    if (!counts?.commandStarted) return;
    try {
      counts.commandStarted(command);
    } catch (thrown) {
      this.#report(thrown);
    }
  }

  completed(command: CommandMessage, durationMs: number, result: CommandResult): void {
    const counts = this.#counts;
    if (!counts?.commandCompleted) return;
    try {
      counts.commandCompleted(command, durationMs, result);
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
    !(type in methodOf) || metrics[methodOf[type as keyof typeof methodOf]] === undefined;
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
