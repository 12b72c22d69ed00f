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
    async aroundCommand({ command, handler, context }, next) {
      const begun = begin(command, handler);
      const result = await next();
      const fields = { ...begun.ended(), attempts: context.attempt };
      if (result.success) log(level, fields, `${command.type} succeeded`);
      else log('error', { ...fields, error: result.error }, `${command.type} failed`);
      return result;
    },
    async aroundEvent({ event, handler }, next) {
      const begun = begin(event, handler);
      try {
        await next();
      } catch (thrown) {
        const fields = { ...begun.ended(), error: toError(thrown) };
        log('error', fields, `${event.type} failed in ${handler}`);
        throw thrown;
      }
      log(level, begun.ended(), `${event.type} handled by ${handler}`);
    },
  };

  function begin(message: AnyMessage, handler: string): { ended: () => object } {
    const { type, id, sessionId, correlationId } = message;
    const fields = { type, id, sessionId, correlationId, handler };
    log('debug', fields, `${type} begins in ${handler}`);
    const startedAt = clock.monotonic();
    return { ended: () => ({ ...fields, durationMs: clock.monotonic() - startedAt }) };
  }

  function log(at: LogLevel, fields: object, message: string): void {
    try {
      logger[at](fields, message);
    } catch {
      // A command must not fail because it could not be written about, and there is nowhere else to write.
    }
  }
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
