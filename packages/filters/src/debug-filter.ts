import {
  createOptionChecker,
  type EventFilter,
  type EventMessage,
  type OptionNames,
} from '@llmgine/core';
import type { FilterOptions } from './filter-options.ts';

/** Where to write, and whether. */
export interface DebugFilterOptions extends FilterOptions {
  /**
   * Gets a line about each event, and the event.
   * @default console.debug
   */
  readonly log?: ((line: string, event: EventMessage) => void) | undefined;
  /**
   * Asked for each event where it is a function, so that it can be switched while running.
   * @default true
   */
  readonly enabled?: boolean | (() => boolean) | undefined;
}

const optionNames: OptionNames<DebugFilterOptions> = {
  log: true,
  enabled: true,
  busEvents: true,
};

/**
 * Makes a filter that accepts everything and writes down what it sees.
 * @throws InvalidOptionsError
 */
export function debugFilter(options: DebugFilterOptions = {}): EventFilter {
  checkOptions(options);
  const { log = logToConsole, enabled = true, busEvents = false } = options;
  const isEnabled = typeof enabled === 'function' ? enabled : () => enabled;

  return {
    name: 'debug',
    busEvents,
    accepts(event) {
      if (isEnabled()) log(`event ${event.type} ${event.id} in session ${event.sessionId}`, event);
      return true;
    },
  };
}

function logToConsole(line: string, event: EventMessage): void {
  globalThis.console.debug(line, event);
}

function checkOptions(given: DebugFilterOptions): void {
  const check = createOptionChecker('create debug filter');
  const { log, enabled = true, busEvents } = check.options(given, optionNames);
  check.function('log', log);
  check.require(
    typeof enabled === 'boolean' || typeof enabled === 'function',
    'enabled must be a boolean or a function',
  );
  check.boolean('busEvents', busEvents);
  check.done();
}
