/** Where log records go: the console, pino, and whatever else has these four methods. */
export interface Logger {
  /** For what only matters when looking for a fault. */
  debug(fields: object, message: string): void;
  /** For what happens normally. */
  info(fields: object, message: string): void;
  /** For what should not happen often. */
  warn(fields: object, message: string): void;
  /** For what went wrong. */
  error(fields: object, message: string): void;
  /** Where it says that a level is off, no record is made for it. Loggers such as pino and winston have it. */
  isLevelEnabled?(level: LogLevel): boolean;
}

/** One of the logger's methods. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** All levels, from the least to the most urgent. */
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
