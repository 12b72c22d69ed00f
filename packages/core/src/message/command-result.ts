import { toError } from './error-data.ts';

/** What became of handling a command. Made by `ok` and `fail` only. */
export type Outcome<Result = unknown> =
  | { readonly success: true; readonly result: Result }
  | { readonly success: false; readonly error: Error };

/** What `execute` resolves to: the outcome, and the command it belongs to. */
export type CommandResult<Result = unknown> = Outcome<Result> & { readonly commandId: string };

/** The brand is on the prototypes, so outcomes stay plain to look at, and holds across duplicate installs. */
const outcomeBrand = Symbol.for('llmgine.outcome');

class Success {
  readonly success = true;
  readonly result: unknown;

  constructor(result: unknown) {
    this.result = result;
  }
}

class Failure {
  readonly success = false;
  readonly error: Error;

  constructor(error: Error) {
    this.error = error;
  }
}

class CommandSuccess {
  readonly success = true;
  readonly result: unknown;
  readonly commandId: string;

  constructor(result: unknown, commandId: string) {
    this.result = result;
    this.commandId = commandId;
  }
}

class CommandFailure {
  readonly success = false;
  readonly error: Error;
  readonly commandId: string;

  constructor(error: Error, commandId: string) {
    this.error = error;
    this.commandId = commandId;
  }
}

for (const outcome of [Success, Failure, CommandSuccess, CommandFailure]) {
  Object.defineProperty(outcome.prototype, outcomeBrand, { value: true });
}

/** Makes the outcome of a handler that did what it was asked. */
export function ok(): Outcome<void>;
export function ok<Result>(result: Result): Outcome<Result>;
export function ok(result?: unknown): Outcome {
  return new Success(result);
}

/** Makes the outcome of a handler that could not do what it was asked. */
export function fail(error: Error | string): Outcome<never> {
  return new Failure(typeof error === 'string' ? new Error(error) : toError(error));
}

/** Tells whether a value was made by `ok`, `fail` or `execute`. */
export function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'object' && value !== null && outcomeBrand in value;
}

/** Turns what a handler returned into the result of its command: anything but an outcome is data. */
export function toCommandResult(returned: unknown, commandId: string): CommandResult {
  if (!isOutcome(returned)) return succeeded(returned, commandId);
  return returned.success
    ? succeeded(returned.result, commandId)
    : failed(returned.error, commandId);
}

/** The result of a command that succeeded. */
export function succeeded(result: unknown, commandId: string): CommandResult {
  return new CommandSuccess(result, commandId);
}

/** The result of a command that failed. */
export function failed(error: Error, commandId: string): CommandResult<never> {
  return new CommandFailure(error, commandId);
}
