import {
  createOptionChecker,
  toError,
  type AnyMessage,
  type CommandMiddleware,
  type EventMiddleware,
} from '@llmgine/core';
import { systemClock, type Clock } from '@llmgine/core/timing';
import { logLevels, type Logger, type LogLevel } from './logger.ts';

/** Where to log and how loudly. */
export interface LoggingMiddlewareOptions {
  /** @default the console */
  readonly logger?: Logger | undefined;
  /**
   * The level of what succeeded. What begins is logged at `debug`, what failed at `error`.
   * @default 'info'
   */
  readonly level?: LogLevel | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/**
 * Makes middleware that logs each command and each handling of an event: fields first, then a line for people.
 * Message data is not logged. A logger that throws disturbs nothing.
 * @throws InvalidOptionsError
 */
export function loggingMiddleware(
  options: LoggingMiddlewareOptions = {},
): CommandMiddleware & EventMiddleware {
  const { logger = globalThis.console, level = 'info', clock = systemClock } = options;
  checkOptions(logger, level);

  return {
    name: 'logging',
    async aroundCommand({ command, handler }, next) {
      const startedAt = begin(command, handler);
      const result = await next();
      const durationMs = clock.monotonic() - startedAt;
      if (result.success) {
        log(level, { ...fieldsOf(command, handler), durationMs }, `${command.type} succeeded`);
      } else {
        const { error } = result;
        const fields = { ...fieldsOf(command, handler), durationMs, error };
        log('error', fields, `${command.type} failed`);
      }
      return result;
    },
    async aroundEvent({ event, handler }, next) {
      const startedAt = begin(event, handler);
      try {
        await next();
      } catch (thrown) {
        const durationMs = clock.monotonic() - startedAt;
        const fields = { ...fieldsOf(event, handler), durationMs, error: toError(thrown) };
        log('error', fields, `${event.type} failed in ${handler}`);
        throw thrown;
      }
      const durationMs = clock.monotonic() - startedAt;
      log(
        level,
        { ...fieldsOf(event, handler), durationMs },
        `${event.type} handled by ${handler}`,
      );
    },
  };

  /** Gives back the monotonic time. */
  function begin(message: AnyMessage, handler: string): number {
    log('debug', fieldsOf(message, handler), `${message.type} begins in ${handler}`);
    return clock.monotonic();
  }

  function log(at: LogLevel, fields: object, message: string): void {
    try {
      logger[at](fields, message);
    } catch {
      // A command must not fail because it could not be written about, and there is nowhere else to write.
    }
  }
}

function fieldsOf({ type, id, sessionId, correlationId }: AnyMessage, handler: string) {
  return { type, id, sessionId, correlationId, handler };
}

function checkOptions(logger: Logger, level: LogLevel): void {
  const check = createOptionChecker('create logging middleware');
  check.require(
    logLevels.every((method) => typeof logger?.[method] === 'function'),
    `logger must have the methods ${logLevels.join(', ')}`,
  );
  check.oneOf('level', level, logLevels);
  check.done();
}
