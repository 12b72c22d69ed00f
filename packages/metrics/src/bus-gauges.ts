import type { BusReadings, CircuitState } from '@llmgine/core';
import type { Instruments } from './instruments.ts';
import type { SignalReaders } from './signal-readers.ts';

/** What a circuit breaker's gauge shows. */
export const CIRCUIT_STATE_VALUES: Readonly<Record<CircuitState, number>> = {
  closed: 0,
  half_open: 1,
  open: 2,
  isolated: 3,
};

/** Where the queue's length is read. */
export interface QueueSource {
  /** What the bus gave, when the collector is its `metrics`. */
  readings?: BusReadings;
}

/** Shows the state that a bus is in. */
export function busGauges(instruments: Instruments, source: QueueSource): SignalReaders {
  let lastSeen = 0;
  instruments.gauge({
    name: 'queue_size',
    help: 'Events that were accepted and whose dispatch has not begun.',
    read: () => source.readings?.queueSize() ?? lastSeen,
  });
  const pressure = instruments.gauge({
    name: 'backpressure_active',
    help: '1 while the queue is above its high water mark and has not come down to its low one.',
  });
  const circuits = instruments.gauge({
    name: 'circuit_breaker_state',
    help: 'By breaker: 0 closed, 1 half open, 2 open, 3 isolated by hand.',
    labels: ['breaker'],
  });
  const deadLetters = instruments.gauge({
    name: 'dead_letter_queue_size',
    help: 'Messages that were given up on and wait for somebody to decide.',
  });
  const sessions = instruments.gauge({ name: 'active_sessions', help: 'Sessions that are open.' });
  const handlers = instruments.gauge({
    name: 'registered_handlers',
    help: 'Handlers of commands and events, of all scopes.',
  });

  return {
    'event.queued': ({ queueSize }) => void (lastSeen = queueSize),
    'queue.pressure-changed': ({ active, queueSize }) => {
      pressure.set(active ? 1 : 0);
      lastSeen = queueSize;
    },
    'circuit.changed': ({ breaker, to }) => circuits.set(CIRCUIT_STATE_VALUES[to], { breaker }),
    'command.dead-lettered': (signal) => deadLetters.set(signal.deadLetters),
    'event.dead-lettered': (signal) => deadLetters.set(signal.deadLetters),
    'dead-letters.changed': (signal) => deadLetters.set(signal.deadLetters),
    'session.started': () => sessions.add(1),
    'session.ended': () => sessions.add(-1),
    'handlers.changed': ({ registered }) => handlers.set(registered),
  };
}
