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
}

/** One of the logger's methods. */
export type LogLevel = keyof Logger;

/** All levels, from the least to the most urgent. */
export const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
