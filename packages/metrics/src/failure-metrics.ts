import type { Instruments } from './instruments.ts';
import type { SignalReaders } from './signal-readers.ts';

/** Counts what goes wrong round the messages: things to be alerted about. */
export function failureMetrics(instruments: Instruments): SignalReaders {
  const deadLettered = instruments.counter({
    name: 'dead_letters_total',
    help: 'Messages that were given up on.',
    labels: ['type'],
  });
  const evicted = instruments.counter({
    name: 'dead_letters_evicted_total',
    help: 'Dead letters that were lost because the dead-letter queue was full.',
  });
  const stores = instruments.counter({
    name: 'store_failures_total',
    help: 'Operations of a store that failed.',
    labels: ['store', 'operation'],
  });
  const filters = instruments.counter({
    name: 'filter_failures_total',
    help: 'Filters that threw, which counts as accepting.',
    labels: ['filter'],
  });
  const observers = instruments.counter({
    name: 'observer_failures_total',
    help: 'Observers that threw.',
  });
  const late = instruments.counter({
    name: 'handlers_settled_late_total',
    help: 'Handlers that settled after they had been given up on.',
    labels: ['type'],
  });

  return {
    'command.dead-lettered': ({ command }) => deadLettered.add(1, { type: command.type }),
    'event.dead-lettered': ({ event }) => deadLettered.add(1, { type: event.type }),
    'dead-letter.evicted': () => evicted.add(),
    'store.failed': ({ store, operation }) => stores.add(1, { store, operation }),
    'filter.failed': ({ filter }) => filters.add(1, { filter }),
    'observer.failed': () => observers.add(),
    'handler.settled-late': ({ message }) => late.add(1, { type: message.type }),
  };
}
