import type { AnyMessage } from '@llmgine/core';
import type { Logger, LogLevel } from './logger.ts';

/** Writes about messages. A logger that throws disturbs nothing: there is nowhere else to write. */
export class MessageLog {
  readonly #logger: Logger;
  readonly #asks: boolean;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#asks = typeof logger.isLevelEnabled === 'function';
  }

  /** False: a record would be made for nothing. */
  isEnabled(level: LogLevel): boolean {
    if (!this.#asks) return true;
    try {
      return this.#logger.isLevelEnabled?.(level) !== false;
    } catch {
      return true;
    }
  }

  write(level: LogLevel, fields: object, line: string): void {
    try {
      this.#logger[level](fields, line);
    } catch {
      // A command must not fail because it could not be written about.
    }
  }
}

/** What is known when handling begins. */
export function fieldsOf({ type, id, sessionId, correlationId }: AnyMessage, handler: string) {
  return { type, id, sessionId, correlationId, handler };
}
