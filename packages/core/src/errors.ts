import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { HandlerFailure } from './signals/bus-signal.ts';

/** The base of every error that this project throws or returns. */
export abstract class LlmgineError extends Error {
  /** Stable: programs may depend on it. The message is for people and may change. */
  abstract readonly code: `LLMGINE_${string}`;
}

/** Tells whether a value is an error of this project; holds across duplicate installs. */
export function isLlmgineError(value: unknown): value is LlmgineError {
  if (!(value instanceof Error)) return false;
  const { code } = value as { code?: unknown };
  return typeof code === 'string' && code.startsWith('LLMGINE_');
}

/** A command was executed that nobody handles. */
export class NoCommandHandlerError extends LlmgineError {
  override readonly name = 'NoCommandHandlerError';
  readonly code = 'LLMGINE_NO_COMMAND_HANDLER';
  readonly commandType: string;
  readonly sessionId: string;

  constructor(commandType: string, sessionId: string) {
    super(
      `No handler for command '${commandType}' in session '${sessionId}' or on the bus. Register one with registerCommandHandler(definition, handler).`,
    );
    this.commandType = commandType;
    this.sessionId = sessionId;
  }
}

/** A second handler was registered for a command in one scope. */
export class DuplicateCommandHandlerError extends LlmgineError {
  override readonly name = 'DuplicateCommandHandlerError';
  readonly code = 'LLMGINE_DUPLICATE_COMMAND_HANDLER';
  readonly commandType: string;
  readonly sessionId: string;

  constructor(commandType: string, sessionId: string) {
    super(
      `Command '${commandType}' already has a handler in scope '${sessionId}'. Dispose the first registration, or register yours for a session.`,
    );
    this.commandType = commandType;
    this.sessionId = sessionId;
  }
}

/** Two definitions of one type met on one bus. */
export class DuplicateDefinitionError extends LlmgineError {
  override readonly name = 'DuplicateDefinitionError';
  readonly code = 'LLMGINE_DUPLICATE_DEFINITION';
  readonly messageType: string;

  constructor(messageType: string) {
    super(
      `Another definition of '${messageType}' is already known to this bus. Define a message type once and import that definition, or give one of them another type.`,
    );
    this.messageType = messageType;
  }
}

/** The data or options given to a definition do not make a valid message. */
export class InvalidMessageError extends LlmgineError {
  override readonly name = 'InvalidMessageError';
  readonly code = 'LLMGINE_INVALID_MESSAGE';
  readonly messageType: string;
  readonly issues: readonly StandardSchemaV1.Issue[];

  constructor(kind: string, messageType: string, issues: readonly StandardSchemaV1.Issue[]) {
    const listed = issues.map((issue) => `${formatPath(issue)}${issue.message}`).join('; ');
    super(
      `${kind === 'command' ? 'Command' : 'Event'} '${messageType}' has invalid data: ${listed}`,
    );
    this.messageType = messageType;
    this.issues = issues;
  }
}

function formatPath({ path }: StandardSchemaV1.Issue): string {
  if (!path || path.length === 0) return '';
  const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  return `${keys.join('.')}: `;
}

/** A message's schema validates asynchronously. */
export class AsyncSchemaError extends LlmgineError {
  override readonly name = 'AsyncSchemaError';
  readonly code = 'LLMGINE_ASYNC_SCHEMA';
  readonly messageType: string;

  constructor(messageType: string) {
    super(
      `The schema of '${messageType}' validates asynchronously; message schemas must be synchronous. Validate before making the message.`,
    );
    this.messageType = messageType;
  }
}

/** A stored message is of a newer version than this program knows. */
export class NewerMessageVersionError extends LlmgineError {
  override readonly name = 'NewerMessageVersionError';
  readonly code = 'LLMGINE_NEWER_MESSAGE_VERSION';
  readonly messageType: string;
  readonly storedVersion: number;
  readonly knownVersion: number;

  constructor(messageType: string, storedVersion: number, knownVersion: number) {
    super(
      `'${messageType}' was stored as version ${storedVersion}, but this program knows version ${knownVersion}. Update the program; the message stays where it is.`,
    );
    this.messageType = messageType;
    this.storedVersion = storedVersion;
    this.knownVersion = knownVersion;
  }
}

/** Options do not fit; names all problems at once. */
export class InvalidOptionsError extends LlmgineError {
  override readonly name = 'InvalidOptionsError';
  readonly code = 'LLMGINE_INVALID_OPTIONS';
  readonly problems: readonly string[];

  /** `attempted` completes the sentence "Cannot …", e.g. `create bus`. */
  constructor(attempted: string, problems: readonly string[]) {
    super(`Cannot ${attempted}: ${problems.join('; ')}.`);
    this.problems = problems;
  }
}

/** Something was asked of a bus that is stopping or stopped. */
export class BusStoppedError extends LlmgineError {
  override readonly name = 'BusStoppedError';
  readonly code = 'LLMGINE_BUS_STOPPED';

  constructor() {
    super('The bus is stopped. Call start() again, or create a new bus.');
  }
}

/** Something was asked of a session that is ending or has ended. */
export class SessionEndedError extends LlmgineError {
  override readonly name = 'SessionEndedError';
  readonly code = 'LLMGINE_SESSION_ENDED';
  readonly sessionId: string;

  constructor(sessionId: string, options?: ErrorOptions) {
    super(`Session '${sessionId}' has ended. Open a new one with bus.session().`, options);
    this.sessionId = sessionId;
  }
}

/** A session was opened under an id that is open. */
export class SessionOpenError extends LlmgineError {
  override readonly name = 'SessionOpenError';
  readonly code = 'LLMGINE_SESSION_OPEN';
  readonly sessionId: string;

  constructor(sessionId: string) {
    super(`Session '${sessionId}' is already open. End it first, or open one with another id.`);
    this.sessionId = sessionId;
  }
}

/** `waitForEvents()` was called inside a handler, where it would wait for itself. */
export class WaitInsideHandlerError extends LlmgineError {
  override readonly name = 'WaitInsideHandlerError';
  readonly code = 'LLMGINE_WAIT_INSIDE_HANDLER';
  readonly messageType: string;

  constructor(messageType: string) {
    super(
      `waitForEvents() inside a handler (of '${messageType}') would wait for itself. Await the publish instead.`,
    );
    this.messageType = messageType;
  }
}

/** Handlers publish or execute each other without end. */
export class PublishTooDeepError extends LlmgineError {
  override readonly name = 'PublishTooDeepError';
  readonly code = 'LLMGINE_PUBLISH_TOO_DEEP';
  readonly messageType: string;
  readonly depth: number;

  constructor(messageType: string, depth: number) {
    super(
      `'${messageType}' was sent ${depth} handlers deep. A handler is causing what triggers it; publish with awaitProcessing: false or break the loop.`,
    );
    this.messageType = messageType;
    this.depth = depth;
  }
}

/** Handlers of an awaited event failed while errors are unsuppressed. */
export class EventHandlersFailedError extends LlmgineError {
  override readonly name = 'EventHandlersFailedError';
  readonly code = 'LLMGINE_EVENT_HANDLERS_FAILED';
  readonly eventType: string;
  readonly failures: readonly HandlerFailure[];

  constructor(eventType: string, failures: readonly HandlerFailure[], handlers: number) {
    super(
      `${failures.length} of ${handlers} handlers of '${eventType}' failed: ${failures.map(({ handler, error }) => `${handler} (${error.message})`).join(', ')}.`,
      { cause: failures[0]?.error },
    );
    this.eventType = eventType;
    this.failures = failures;
  }
}

/** A command did not finish before its deadline. */
export class CommandTimeoutError extends LlmgineError {
  override readonly name = 'CommandTimeoutError';
  readonly code = 'LLMGINE_COMMAND_TIMEOUT';
  readonly commandType: string;
  readonly timeoutMs: number;

  constructor(commandType: string, timeoutMs: number, options?: ErrorOptions) {
    super(
      `Command '${commandType}' did not finish within ${timeoutMs} ms. Raise timeoutMs, or let its handler stop on context.signal.`,
      options,
    );
    this.commandType = commandType;
    this.timeoutMs = timeoutMs;
  }
}

/** A command was aborted before it finished; `reason` says by what. */
export class CommandCancelledError extends LlmgineError {
  override readonly name = 'CommandCancelledError';
  readonly code = 'LLMGINE_COMMAND_CANCELLED';
  readonly commandType: string;
  readonly reason: unknown;

  constructor(commandType: string, reason: unknown, options?: ErrorOptions) {
    super(
      `Command '${commandType}' was cancelled: ${reason instanceof Error ? reason.message : String(reason)}`,
      options,
    );
    this.commandType = commandType;
    this.reason = reason;
  }
}

/** An event handler did not finish before its deadline. */
export class HandlerTimeoutError extends LlmgineError {
  override readonly name = 'HandlerTimeoutError';
  readonly code = 'LLMGINE_HANDLER_TIMEOUT';
  readonly handler: string;
  readonly timeoutMs: number;

  constructor(handler: string, timeoutMs: number) {
    super(
      `Handler '${handler}' did not finish within ${timeoutMs} ms. Raise its timeoutMs, or let it stop on context.signal.`,
    );
    this.handler = handler;
    this.timeoutMs = timeoutMs;
  }
}

/** An event handler was given up on because its session ended or the bus stopped. */
export class HandlerAbortedError extends LlmgineError {
  override readonly name = 'HandlerAbortedError';
  readonly code = 'LLMGINE_HANDLER_ABORTED';
  readonly handler: string;

  constructor(handler: string, reason: unknown) {
    super(
      `Handler '${handler}' was given up on: ${reason instanceof Error ? reason.message : String(reason)}`,
      { cause: reason },
    );
    this.handler = handler;
  }
}

/** A middleware called `next` more often than it may, or returned no result. */
export class MiddlewareMisuseError extends LlmgineError {
  override readonly name = 'MiddlewareMisuseError';
  readonly code = 'LLMGINE_MIDDLEWARE_MISUSE';
  readonly middleware: string;

  constructor(middleware: string, problem: string) {
    super(`Middleware '${middleware}' ${problem}`);
    this.middleware = middleware;
  }
}

/** A middleware that repeats was added beside an invoker that retries. */
export class NestedRetryError extends LlmgineError {
  override readonly name = 'NestedRetryError';
  readonly code = 'LLMGINE_NESTED_RETRY';
  readonly middleware: string;

  constructor(middleware: string) {
    super(
      `Middleware '${middleware}' repeats commands, and so does this bus's invoker: attempts would multiply. Remove one of the two, or create the bus with allowNestedRetry: true.`,
    );
    this.middleware = middleware;
  }
}

/** A worker lost its lease on a scheduled event to another one. */
export class LeaseLostError extends LlmgineError {
  override readonly name = 'LeaseLostError';
  readonly code = 'LLMGINE_LEASE_LOST';
  readonly eventId: string;

  constructor(eventId: string) {
    super(
      `The lease on scheduled event '${eventId}' was lost; another process has taken it over. Stop what is being done for it.`,
    );
    this.eventId = eventId;
  }
}

/** Somebody else appended to a stream first. */
export class StreamConflictError extends LlmgineError {
  override readonly name = 'StreamConflictError';
  readonly code = 'LLMGINE_STREAM_CONFLICT';
  readonly stream: string;
  readonly expectedVersion: number;
  readonly actualVersion: number;

  constructor(stream: string, expectedVersion: number, actualVersion: number) {
    super(
      `Stream '${stream}' is at version ${actualVersion}, not ${expectedVersion}. Read it again from ${expectedVersion} and decide anew.`,
    );
    this.stream = stream;
    this.expectedVersion = expectedVersion;
    this.actualVersion = actualVersion;
  }
}

/** A store was given data that JSON would change. */
export class NotJsonSafeError extends LlmgineError {
  override readonly name = 'NotJsonSafeError';
  readonly code = 'LLMGINE_NOT_JSON_SAFE';
  readonly path: string;

  constructor(what: string, path: string, problem: string) {
    super(`${what} cannot be stored: ${path || 'the value'} ${problem}. Use plain JSON data.`);
    this.path = path;
  }
}
