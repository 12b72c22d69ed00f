import type { CounterSeries } from './counter.ts';
import type { HistogramSeries } from './histogram.ts';
import type { Instruments } from './instruments.ts';
import { SeriesTable } from './series-table.ts';
import type { SignalReaders } from './signal-readers.ts';

interface TypeSeries {
  readonly sent: CounterSeries;
  readonly processed: CounterSeries;
  readonly failed: CounterSeries;
  readonly seconds: HistogramSeries;
}

/** Counts what becomes of commands. */
export interface CommandMetrics {
  started(type: string): void;
  completed(type: string, durationMs: number, hasFailed: boolean): void;
  /** The same by signals, and what is rarer. */
  readonly readers: SignalReaders;
}

/** Declares the metrics of commands. */
export function commandMetrics(instruments: Instruments, maxSeries: number): CommandMetrics {
  const { sent, processed, failed, retried, seconds } = declare(instruments);

  const types = new SeriesTable<TypeSeries>({
    labelNames: ['type'],
    maxSeries,
    create: ([type = '']) => ({
      sent: sent.series(type),
      processed: processed.series(type),
      failed: failed.series(type),
      seconds: seconds.series(type),
    }),
  });

  const count: Omit<CommandMetrics, 'readers'> = {
    started(type) {
      types.getOne(type).sent.value += 1;
    },
    completed(type, durationMs, hasFailed) {
      const series = types.getOne(type);
      series.processed.value += 1;
      if (hasFailed) series.failed.value += 1;
      series.seconds.record(durationMs / 1000);
    },
  };

  const readers: SignalReaders = {
    'command.started': ({ command }) => count.started(command.type),
    'command.completed': ({ command, result, durationMs }) =>
      count.completed(command.type, durationMs, !result.success),
    'command.retried': ({ command }) => {
      retried.series(command.type).value += 1;
    },
  };
  return { ...count, readers };
}

function declare(instruments: Instruments) {
  const labels = ['type'] as const;
  const sent = instruments.counter({
    name: 'commands_sent_total',
    help: 'Commands that were executed.',
    labels,
  });
  const processed = instruments.counter({
    name: 'commands_processed_total',
    help: 'Commands that have their result, whatever it is.',
    labels,
  });
  const failed = instruments.counter({
    name: 'commands_failed_total',
    help: 'Processed commands whose result is an error.',
    labels,
  });
  const retried = instruments.counter({
    name: 'commands_retried_total',
    help: 'Further attempts after a failed one.',
    labels,
  });
  const seconds = instruments.histogram({
    name: 'command_processing_duration_seconds',
    help: 'Time from executing a command until its result, all attempts together.',
    labels,
  });
  return { sent, processed, failed, retried, seconds };
}
