import type { AnyMessage, BusSignal, BusSignalType, ErrorData } from '@llmgine/core';
import { toErrorData } from '@llmgine/core';
import { levelOf, type LogLevel } from './log-level.ts';
import { vocabularyFields, type ModelFields, type ToolFields } from './vocabulary-fields.ts';

/** One line of a log: a signal as plain data, without what messages carry unless that was asked for. */
export interface LogRecord {
  /** ISO 8601, in UTC. */
  readonly time: string;
  readonly level: LogLevel;
  readonly signal: BusSignalType | 'log.lost';
  /** Type of the message. */
  readonly type?: string;
  readonly kind?: 'command' | 'event';
  readonly id?: string;
  readonly session?: string;
  readonly correlation?: string;
  readonly causation?: string;
  readonly handler?: string;
  readonly attempt?: number;
  readonly durationMs?: number;
  readonly outcome?: string;
  readonly error?: ErrorData;
  readonly failures?: readonly { readonly handler: string; readonly error: ErrorData }[];
  /** What a tool or model event says, without prompts, arguments and results. */
  readonly tool?: ToolFields;
  readonly model?: ModelFields;
  /** The message's data, with content capture only. */
  readonly data?: unknown;
  /** Further fields of the signal. */
  readonly [field: string]: unknown;
}

/** Makes the record of a signal. `content`: with the data of messages and the results of commands. */
export function toLogRecord(signal: BusSignal, content: boolean): LogRecord {
  return {
    time: new Date(signal.at).toISOString(),
    level: levelOf(signal),
    signal: signal.type,
    ...messageFields(signal, content),
    ...signalFields(signal, content),
  };
}

function messageFields(signal: BusSignal, content: boolean): Partial<LogRecord> {
  const message = messageOf(signal);
  if (!message) return 'sessionId' in signal ? { session: signal.sessionId } : {};
  return {
    type: message.type,
    kind: message.kind,
    id: message.id,
    session: message.sessionId,
    correlation: message.correlationId,
    ...(message.causationId !== undefined && { causation: message.causationId }),
    ...(message.kind === 'event' && vocabularyFields(message)),
    ...(content && carriesData(signal) && { data: message.data }),
  };
}

/** The message that a signal is about. */
function messageOf(signal: BusSignal): AnyMessage | undefined {
  if ('event' in signal) return signal.event;
  if ('command' in signal) return signal.command;
  return 'message' in signal ? signal.message : undefined;
}

/** Once per message is enough: where it comes in, and where it ends. */
function carriesData({ type }: BusSignal): boolean {
  return type === 'event.processed' || type === 'command.started' || type === 'event.dropped';
}

function signalFields(signal: BusSignal, content: boolean): Partial<LogRecord> {
  switch (signal.type) {
    case 'command.completed':
      return {
        durationMs: rounded(signal.durationMs),
        outcome: signal.result.success ? 'ok' : 'failed',
        ...(!signal.result.success && { error: toErrorData(signal.result.error) }),
        ...(signal.result.success && content && { result: signal.result.result }),
      };
    case 'event.processed':
      return {
        durationMs: rounded(signal.durationMs),
        outcome: signal.failures.length === 0 ? 'ok' : 'failed',
        ...(signal.failures.length > 0 && {
          failures: signal.failures.map(({ handler, error }) => ({
            handler,
            error: toErrorData(error),
          })),
        }),
      };
    case 'handler.settled-late':
      return { handler: signal.handler, ...errorField(signal.error) };
    case 'dead-letter.evicted':
      return { id: signal.id, evicted: signal.evicted };
    default:
      return plainFields(signal);
  }
}

/** What a signal says besides its message: numbers, names, errors. */
function plainFields(signal: BusSignal): Partial<LogRecord> {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(signal)) {
    if (ENVELOPE.has(name) || value === undefined) continue;
    if (value instanceof Error) Object.assign(fields, errorField(value));
    else fields[name] = name.endsWith('Ms') ? rounded(value as number) : value;
  }
  return fields;
}

const ENVELOPE = new Set(['type', 'at', 'event', 'command', 'message', 'sessionId']);

function errorField(error: Error | undefined): { error?: ErrorData } {
  return error ? { error: toErrorData(error) } : {};
}

/** Microseconds are as fine as anybody reads. */
function rounded(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}
