import type { CommandMiddleware, EventMiddleware } from '@llmgine/core';
import { systemClock, type Clock } from '@llmgine/core/timing';
import { DurationHistogram, type DurationReport } from './duration-histogram.ts';

/** How to measure. */
export interface TimingMiddlewareOptions {
  /** @default systemClock */
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

/** Makes middleware that measures how long commands and event handlers take, in constant memory per type. */
export function timingMiddleware({
  clock = systemClock,
}: TimingMiddlewareOptions = {}): TimingMiddleware {
  const commands = new Map<string, DurationHistogram>();
  const events = new Map<string, DurationHistogram>();

  return {
    name: 'timing',
    async aroundCommand({ command }, next) {
      const startedAt = clock.monotonic();
      const result = await next();
      record(commands, command.type, startedAt);
      return result;
    },
    async aroundEvent({ event }, next) {
      const startedAt = clock.monotonic();
      try {
        await next();
      } finally {
        record(events, event.type, startedAt);
      }
    },
    report: () => ({ commands: reportOf(commands), events: reportOf(events) }),
    reset() {
      commands.clear();
      events.clear();
    },
  };

  function record(histograms: Map<string, DurationHistogram>, type: string, from: number): void {
    let histogram = histograms.get(type);
    if (!histogram) {
      histogram = new DurationHistogram();
      histograms.set(type, histogram);
    }
    histogram.add(clock.monotonic() - from);
  }
}

function reportOf(histograms: Map<string, DurationHistogram>): Record<string, DurationReport> {
  return Object.fromEntries([...histograms].map(([type, histogram]) => [type, histogram.report()]));
}
