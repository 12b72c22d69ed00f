import type { Writable } from 'node:stream';
import { InvalidOptionsError } from '@llmgine/core';
import { createRedactor, type Redactor } from '@llmgine/core/redaction';
import type { ObservabilityHandler } from '../manager/observability-handler.ts';
import { isAtLeast, levelOf, signalsFrom, type LogLevel } from '../records/log-level.ts';
import { toLogLine } from '../records/log-line.ts';
import { toLogRecord, type LogRecord } from '../records/log-record.ts';
import { problemsOf } from '../records/sink-options.ts';
import { createPaint, wantsColour } from './paint.ts';
import { toRecordLine } from './record-line.ts';

/** What to write, where, and how. */
export interface ConsoleHandlerOptions {
  /**
   * What the manager knows the handler by; no two of its handlers may have the same.
   * @default 'console'
   */
  readonly name?: string;
  /**
   * Records of this level and above.
   * @default 'info'
   */
  readonly level?: LogLevel;
  /**
   * Aligned lines for people, JSON lines for machines, or whichever the stream is read by.
   * @default 'auto'
   */
  readonly format?: 'auto' | 'pretty' | 'json';
  /**
   * Colour, in lines for people.
   * @default on terminals, as NO_COLOR and FORCE_COLOR say
   */
  readonly colour?: boolean;
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
  /** @default process.stderr */
  readonly stream?: Writable & { readonly isTTY?: boolean };
  /** @default process.env */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /**
   * Minutes east of UTC at an instant, for the times that people read.
   * @default the machine's time zone
   */
  readonly offsetMinutes?: (epochMs: number) => number;
}

/** What a reader that does not keep up may leave unread before lines are left out. */
const MAX_UNREAD_BYTES = 1_048_576;

/** Shows what a bus does: one aligned, coloured line each on a terminal, JSON lines elsewhere. @throws InvalidOptionsError */
export function createConsoleHandler({
  name = 'console',
  level = 'info',
  format = 'auto',
  colour,
  content = false,
  redact = createRedactor(),
  stream = process.stderr,
  environment = process.env,
  offsetMinutes = (epochMs) => -new Date(epochMs).getTimezoneOffset(),
}: ConsoleHandlerOptions = {}): ObservabilityHandler {
  checkOptions(format, problemsOf({ name, level, redact }));
  const isTerminal = stream.isTTY === true;
  const pretty = format === 'pretty' || (format === 'auto' && isTerminal);
  const paint = createPaint(colour ?? wantsColour({ isTerminal, environment }));
  const write = (record: LogRecord): boolean =>
    stream.write(pretty ? toRecordLine(record, { paint, offsetMinutes }) : toLogLine(record));
  let lost = 0;
  let closed = false;
  // A reader that has gone away (`| head`) ends the log, not the process.
  const gone = (): void => void (closed = true);
  stream.on('error', gone);

  return {
    name,
    signals: signalsFrom(level),
    observe(signal) {
      if (closed || !isAtLeast(levelOf(signal), level)) return;
      if (stream.writableLength > MAX_UNREAD_BYTES) {
        lost += 1;
        return;
      }
      if (lost > 0) tellLost(signal.at);
      write(redact(toLogRecord(signal, content)) as LogRecord);
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      stream.off('error', gone);
    },
  };

  function tellLost(at: number): void {
    write({ time: new Date(at).toISOString(), level: 'warn', signal: 'log.lost', lost });
    lost = 0;
  }
}

function checkOptions(format: string, others: readonly string[]): void {
  const problems = [...others];
  if (!['auto', 'pretty', 'json'].includes(format)) {
    problems.push(`format must be auto, pretty or json, got '${format}'`);
  }
  if (problems.length > 0) throw new InvalidOptionsError('create a console handler', problems);
}
