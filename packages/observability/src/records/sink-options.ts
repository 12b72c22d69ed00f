import { logLevels, type LogLevel } from './log-level.ts';

/** What everything that writes records is told. */
export interface SinkOptions {
  readonly name: string;
  readonly level: LogLevel;
  readonly redact: unknown;
}

/** What is wrong with it. A level that nobody knows, as out of an environment variable, would log nothing at all. */
export function problemsOf({ name, level, redact }: SinkOptions): string[] {
  const problems: string[] = [];
  if (name === '') problems.push('name must not be empty');
  if (!logLevels.includes(level)) {
    problems.push(`level must be one of ${logLevels.join(', ')}, got '${level}'`);
  }
  if (typeof redact !== 'function') problems.push('redact must be a function');
  return problems;
}
