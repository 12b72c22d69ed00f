import {
  createOptionChecker,
  type AnyMessage,
  type CommandMiddleware,
  type EventMiddleware,
  type OptionNames,
} from '@llmgine/core';
import type { Clock } from '@llmgine/core/timing';
import { logLevels, type Logger, type LogLevel } from './logger.ts';
import { fieldsOf, MessageLog } from './message-log.ts';

/** Where to log and how loudly. */
export interface LoggingMiddlewareOptions {
  /** @default the console */
  readonly logger?: Logger | undefined;
  /**
   * The level of what succeeded. What failed is logged at `error`.
   * @default 'info'
   */
  readonly level?: LogLevel | undefined;
  /**
   * Also logs what begins, at `debug`.
   * @default false
   */
  readonly beginnings?: boolean | undefined;
  /** @default the bus's */
  readonly clock?: Clock | undefined;
}

const optionNames: OptionNames<LoggingMiddlewareOptions> = {
  logger: true,
  level: true,
  beginnings: true,
  clock: true,
};

/**
 * Makes middleware that logs each command and each handling of an event: fields first, then a line for people.
 * Message data is not logged. A logger that throws disturbs nothing.
 * @throws InvalidOptionsError
 */
export function loggingMiddleware(
  options: LoggingMiddlewareOptions = {},
): CommandMiddleware & EventMiddleware {
  checkOptions(options);
  const { logger = globalThis.console, level = 'info', beginnings = false } = options;
  const { clock: ownClock } = options;
  const log = new MessageLog(logger);

  return {
    name: 'logging',
    aroundCommand({ command, handler, clock: busClock }) {
      const clock = ownClock ?? busClock;
      if (beginnings) logBeginning(command, handler);
      const startedAt = clock.monotonic();
      return (result) => {
        const durationMs = clock.monotonic() - startedAt;
        if (!result.success) {
          const fields = { ...fieldsOf(command, handler), durationMs, error: result.error };
          log.write('error', fields, `${command.type} failed`);
        } else if (log.isEnabled(level)) {
          const { type, id, sessionId, correlationId } = command;
          const fields = { type, id, sessionId, correlationId, handler, durationMs };
          log.write(level, fields, `${type} succeeded`);
        }
        return result;
      };
    },
    aroundEvent({ event, handler, clock: busClock }) {
      const clock = ownClock ?? busClock;
      if (beginnings) logBeginning(event, handler);
      const startedAt = clock.monotonic();
      return (error) => {
        const durationMs = clock.monotonic() - startedAt;
        if (error) {
          const fields = { ...fieldsOf(event, handler), durationMs, error };
          log.write('error', fields, `${event.type} failed in ${handler}`);
        } else if (log.isEnabled(level)) {
          const { type, id, sessionId, correlationId } = event;
          const fields = { type, id, sessionId, correlationId, handler, durationMs };
          log.write(level, fields, `${type} handled by ${handler}`);
        }
      };
    },
  };

  function logBeginning(message: AnyMessage, handler: string): void {
    if (!log.isEnabled('debug')) return;
    log.write('debug', fieldsOf(message, handler), `${message.type} begins in ${handler}`);
  }
}

function checkOptions(given: LoggingMiddlewareOptions): void {
  const check = createOptionChecker('create logging middleware');
  const { logger, level, beginnings, clock } = check.options(given, optionNames);
  check.methods('logger', logger, logLevels);
  check.oneOf('level', level, logLevels);
  check.boolean('beginnings', beginnings);
  check.methods('clock', clock, ['monotonic']);
  check.done();
}
