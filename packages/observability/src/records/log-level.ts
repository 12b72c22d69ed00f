import type { BusSignal, BusSignalType } from '@llmgine/core';
import { isBusEventType } from '@llmgine/core';

/** How much somebody has to know. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** From what everybody may miss to what nobody may. */
export const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** The level of a signal's record when nothing about it is special. */
const usualLevels: Readonly<Record<BusSignalType, LogLevel>> = {
  'bus.started': 'info',
  'bus.stopped': 'info',
  'session.started': 'info',
  'session.ended': 'info',
  'handlers.changed': 'trace',
  'event.published': 'trace',
  'event.filtered': 'debug',
  'event.scheduled': 'info',
  'event.queued': 'trace',
  'event.dropped': 'warn',
  'event.processed': 'info',
  'event.dead-lettered': 'error',
  'command.started': 'debug',
  'command.retried': 'warn',
  'command.completed': 'info',
  'command.dead-lettered': 'error',
  'handler.started': 'trace',
  'handler.finished': 'debug',
  'handler.settled-late': 'warn',
  'event-handler.retried': 'warn',
  'circuit.changed': 'warn',
  'queue.pressure-changed': 'warn',
  'filter.failed': 'error',
  'callback.failed': 'error',
  'observer.failed': 'error',
  'store.failed': 'error',
  'dead-letters.changed': 'info',
  'dead-letter.evicted': 'error',
  'schedule.unknown-schedule': 'warn',
  'schedule.unknown-type': 'warn',
  'schedule.lease-lost': 'warn',
};

/** Signals whose level may be higher than usual. */
const highestLevels: Readonly<Partial<Record<BusSignalType, LogLevel>>> = {
  'bus.stopped': 'warn',
  'session.ended': 'warn',
  'event.processed': 'error',
  'command.completed': 'error',
};

/** Says whether a level is at least another. */
export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return logLevels.indexOf(level) >= logLevels.indexOf(least);
}

/** The signals that can have a record of this level or above: all that needs to be built. */
export function signalsFrom(least: LogLevel): readonly BusSignalType[] {
  return (Object.keys(usualLevels) as BusSignalType[]).filter((type) =>
    isAtLeast(highestLevels[type] ?? usualLevels[type], least),
  );
}

/** The level of one signal's record. */
export function levelOf(signal: BusSignal): LogLevel {
  switch (signal.type) {
    case 'command.completed':
      return signal.result.success ? 'info' : 'error';
    case 'event.processed':
      return signal.failures.length > 0 ? 'error' : eventLevel(signal.event);
    case 'event.dropped':
      return signal.event.lossy ? 'debug' : 'warn';
    case 'session.ended':
      return signal.error ? 'warn' : 'info';
    case 'bus.stopped':
      return signal.dropped + signal.abandoned > 0 ? 'warn' : 'info';
    case 'circuit.changed':
      return signal.to === 'closed' ? 'info' : 'warn';
    case 'queue.pressure-changed':
      return signal.active ? 'warn' : 'info';
    default:
      return usualLevels[signal.type];
  }
}

/** What begins ends soon, and its end tells more. */
const beginnings = new Set(['model.call.started', 'tool.call.requested', 'tool.execute.started']);

/** Pieces of text and progress come by the thousand, and the bus's own events have signals already. */
function eventLevel({ lossy, type }: { readonly lossy?: true; readonly type: string }): LogLevel {
  if (lossy) return 'trace';
  return isBusEventType(type) || beginnings.has(type) ? 'debug' : 'info';
}
