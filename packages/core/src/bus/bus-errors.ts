import { LlmgineError } from '../errors.ts';

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
