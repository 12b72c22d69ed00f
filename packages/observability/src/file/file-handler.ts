import { InvalidOptionsError, systemClock, toError, type Clock } from '@llmgine/core';
import { createRedactor, type Redactor } from '@llmgine/core/redaction';
import type { ObservabilityHandler } from '../manager/observability-handler.ts';
import { isAtLeast, levelOf, signalsFrom, type LogLevel } from '../records/log-level.ts';
import { toLogLine } from '../records/log-line.ts';
import { toLogRecord, type LogRecord } from '../records/log-record.ts';
import { problemsOf } from '../records/sink-options.ts';
import { LineWriter } from './line-writer.ts';
import { RotatingFile } from './rotating-file.ts';

/** What to write, where, and how much of it to keep. */
export interface FileHandlerOptions {
  /**
   * What the manager knows the handler by; no two of its handlers may have the same.
   * @default 'file'
   */
  readonly name?: string;
  /**
   * Made when it does not exist.
   * @default 'logs'
   */
  readonly logDirectory?: string;
  /** @default 'llmgine.jsonl' */
  readonly fileName?: string;
  /**
   * Records of this level and above. `debug` has what the viewer draws trees from.
   * @default 'debug'
   */
  readonly level?: LogLevel;
  /**
   * A file that would become larger is set aside first.
   * @default 10 MiB
   */
  readonly maxBytes?: number;
  /**
   * Files kept, the current one included.
   * @default 5
   */
  readonly maxFiles?: number;
  /**
   * Lines held while the disk is slow or full; beyond it, new ones are lost and counted.
   * @default 8 MiB
   */
  readonly maxBufferedBytes?: number;
  /**
   * Writes the data of messages and the results of commands too.
   * @default false
   */
  readonly content?: boolean;
  /**
   * Takes out what must not leave the process.
   * @default createRedactor()
   */
  readonly redact?: Redactor;
  /**
   * Hears when writing begins to fail, once per outage.
   * @default process.emitWarning
   */
  readonly onFailure?: (error: Error) => void;
  /** @default systemClock */
  readonly clock?: Clock;
}

/** A handler that writes a file. */
export interface FileHandler extends ObservabilityHandler {
  /** The current file. */
  readonly path: string;
  /** Records lost because the disk could not take them. */
  readonly lost: number;
  /** Writes out what is buffered. @throws what the file system says */
  flush(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Writes what a bus does to a file of JSON lines that is rotated by size. @throws InvalidOptionsError */
export function createFileHandler({
  name = 'file',
  logDirectory = 'logs',
  fileName = 'llmgine.jsonl',
  level = 'debug',
  maxBytes = 10 * 1_048_576,
  maxFiles = 5,
  maxBufferedBytes = 8 * 1_048_576,
  content = false,
  redact = createRedactor(),
  onFailure = (error) => process.emitWarning(error),
  clock = systemClock,
}: FileHandlerOptions = {}): FileHandler {
  checkOptions(
    { logDirectory, fileName, maxBytes, maxFiles, maxBufferedBytes },
    problemsOf({ name, level, redact }),
  );
  const file = new RotatingFile({ directory: logDirectory, name: fileName, maxBytes, maxFiles });
  const writer = new LineWriter({ file, maxBufferedBytes, clock, onFailure });

  return {
    name,
    path: file.path,
    signals: signalsFrom(level),
    observe(signal) {
      if (!isAtLeast(levelOf(signal), level)) return;
      writer.push(toLogLine(redact(toLogRecord(signal, content)) as LogRecord));
    },
    get lost() {
      return writer.lost;
    },
    flush: () => writer.flush(),
    async [Symbol.asyncDispose]() {
      await writer.flush().catch((thrown: unknown) => onFailure(toError(thrown)));
    },
  };
}

type FileOptions = Required<
  Pick<
    FileHandlerOptions,
    'logDirectory' | 'fileName' | 'maxBytes' | 'maxFiles' | 'maxBufferedBytes'
  >
>;

function checkOptions(options: FileOptions, others: readonly string[]): void {
  const problems = [...others];
  if (options.logDirectory === '') problems.push('logDirectory must not be empty');
  if (options.fileName === '' || /[/\\]/.test(options.fileName)) {
    problems.push(`fileName must be a name without a folder, got '${options.fileName}'`);
  }
  for (const name of ['maxBytes', 'maxFiles', 'maxBufferedBytes'] as const) {
    const value = options[name];
    if (!Number.isInteger(value) || value < 1)
      problems.push(`${name} must be a positive integer, got ${value}`);
  }
  if (problems.length > 0) throw new InvalidOptionsError('create a file handler', problems);
}
