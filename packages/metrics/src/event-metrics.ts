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
export function eventMetrics(instruments: Instruments, maxSeries: number): SignalReaders {
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

  return {
    'event.published': ({ event }) => {
      types.getOne(event.type).published.value += 1;
    },
    'event.processed': ({ event, durationMs, failures }) => {
      const series = types.getOne(event.type);
      series.processed.value += 1;
      if (failures.length > 0) series.failed.value += 1;
      series.seconds.record(durationMs / 1000);
    },
    'event.dropped': ({ event, reason }) => {
      dropped.series(event.type, reason).value += 1;
    },
    'event.filtered': ({ event, filter }) => {
      filtered.series(event.type, filter).value += 1;
    },
  };
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
