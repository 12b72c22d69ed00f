import {
  createOptionChecker,
  type CommandMiddleware,
  type EventMiddleware,
  type OptionNames,
} from '@llmgine/core';
import type { Clock } from '@llmgine/core/timing';
import { DurationHistogram, type DurationReport } from './duration-histogram.ts';

/** How to measure. */
export interface TimingMiddlewareOptions {
  /** @default the bus's */
  readonly clock?: Clock | undefined;
}

/** Durations by message type. */
export interface TimingReport {
  readonly commands: Readonly<Record<string, DurationReport>>;
  /** One duration for each handler that an event ran. */
  readonly events: Readonly<Record<string, DurationReport>>;
}

/** Middleware that knows how long handling took. */
export interface TimingMiddleware extends CommandMiddleware, EventMiddleware {
  report(): TimingReport;
  /** Forgets what was measured. */
  reset(): void;
}

const optionNames: OptionNames<TimingMiddlewareOptions> = { clock: true };

/**
 * Makes middleware that measures how long commands and event handlers take, in constant memory per type.
 * @throws InvalidOptionsError
 */
export function timingMiddleware(options: TimingMiddlewareOptions = {}): TimingMiddleware {
  checkOptions(options);
  const { clock: ownClock } = options;
  const commands = new Map<string, DurationHistogram>();
  const events = new Map<string, DurationHistogram>();

  return {
    name: 'timing',
    aroundCommand({ command, clock: busClock }) {
      const clock = ownClock ?? busClock;
      const startedAt = clock.monotonic();
      return (result) => {
        histogramOf(commands, command.type).add(clock.monotonic() - startedAt);
        return result;
      };
    },
    aroundEvent({ event, clock: busClock }) {
      const clock = ownClock ?? busClock;
      const startedAt = clock.monotonic();
      return () => histogramOf(events, event.type).add(clock.monotonic() - startedAt);
    },
    report: () => ({ commands: reportOf(commands), events: reportOf(events) }),
    reset() {
      commands.clear();
      events.clear();
    },
  };
}

function histogramOf(histograms: Map<string, DurationHistogram>, type: string): DurationHistogram {
  let histogram = histograms.get(type);
  if (!histogram) {
    histogram = new DurationHistogram();
    histograms.set(type, histogram);
  }
  return histogram;
}

function reportOf(histograms: Map<string, DurationHistogram>): Record<string, DurationReport> {
  return Object.fromEntries([...histograms].map(([type, histogram]) => [type, histogram.report()]));
}

function checkOptions(given: TimingMiddlewareOptions): void {
  const check = createOptionChecker('create timing middleware');
  const { clock } = check.options(given, optionNames);
  check.methods('clock', clock, ['monotonic']);
  check.done();
}
