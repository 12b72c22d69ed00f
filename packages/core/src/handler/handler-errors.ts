import { LlmgineError } from '../errors.ts';
import type { HandlerFailure } from '../signals/bus-signal.ts';

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
