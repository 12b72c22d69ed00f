import type { CounterSeries } from './counter.ts';
import type { HistogramSeries } from './histogram.ts';
import type { Instruments } from './instruments.ts';
import { SeriesTable } from './series-table.ts';
import type { SignalReaders } from './signal-readers.ts';

interface TypeSeries {
  readonly published: CounterSeries;
  readonly processed: CounterSeries;
  readonly failed: CounterSeries;
  readonly seconds: HistogramSeries;
}

/** Counts what becomes of events. */
export interface EventMetrics {
  published(type: string): void;
  processed(type: string, durationMs: number, hasFailed: boolean): void;
  /** The same by signals, and what is rarer. */
  readonly readers: SignalReaders;
}

/** Declares the metrics of events. */
export function eventMetrics(instruments: Instruments, maxSeries: number): EventMetrics {
  const { published, processed, failed, dropped, filtered, seconds } = declare(instruments);

  // One look-up a signal: everything of one event type stands together.
  const types = new SeriesTable<TypeSeries>({
    labelNames: ['type'],
    maxSeries,
    create: ([type = '']) => ({
      published: published.series(type),
      processed: processed.series(type),
      failed: failed.series(type),
      seconds: seconds.series(type),
    }),
  });

  const count: Omit<EventMetrics, 'readers'> = {
    published(type) {
      types.getOne(type).published.value += 1;
    },
    processed(type, durationMs, hasFailed) {
      const series = types.getOne(type);
      series.processed.value += 1;
      if (hasFailed) series.failed.value += 1;
      series.seconds.record(durationMs / 1000);
    },
  };

  const readers: SignalReaders = {
    'event.published': ({ event }) => count.published(event.type),
    'event.processed': ({ event, durationMs, failures }) =>
      count.processed(event.type, durationMs, failures.length > 0),
    'event.dropped': ({ event, reason }) => {
      dropped.series(event.type, reason).value += 1;
    },
    'event.filtered': ({ event, filter }) => {
      filtered.series(event.type, filter).value += 1;
    },
  };
  return { ...count, readers };
}

function declare(instruments: Instruments) {
  const labels = ['type'] as const;
  const published = instruments.counter({
    name: 'events_published_total',
    help: 'Events that were published.',
    labels,
  });
  const processed = instruments.counter({
    name: 'events_processed_total',
    help: 'Events whose handlers have all settled.',
    labels,
  });
  const failed = instruments.counter({
    name: 'events_failed_total',
    help: 'Processed events of which at least one handler failed.',
    labels,
  });
  const dropped = instruments.counter({
    name: 'events_dropped_total',
    help: 'Events that were refused by the queue, evicted from it, or left over at a stop.',
    labels: ['type', 'reason'],
  });
  const filtered = instruments.counter({
    name: 'events_filtered_total',
    help: 'Events that a filter refused.',
    labels: ['type', 'filter'],
  });
  const seconds = instruments.histogram({
    name: 'event_processing_duration_seconds',
    help: 'Time from the start of an event’s dispatch until all its handlers have settled.',
    labels,
  });
  return { published, processed, failed, dropped, filtered, seconds };
}
