import { isLlmgineError, type OptionChecker, type OptionNames } from '@llmgine/core';
import { isMisuse, isRetryable } from '@llmgine/core/timing';
import { askCallback, type Wiring } from '../wiring.ts';

/**
 * What to do about an error: try again; try again when it says; give up and keep the message for somebody to look at;
 * give up; or forget it: the handler of an event then counts as done, the caller of a command still hears of it.
 */
export type ErrorAction = 'retry' | 'retryAfter' | 'deadLetter' | 'fail' | 'discard';

/** An error's class, its code or name, or a question about it. */
export type ErrorMatch =
  | string
  | (abstract new (...parameters: never[]) => Error)
  | ((error: Error) => boolean);

/** One row of the table: what to do about some errors. */
export interface ErrorPolicy {
  readonly when: ErrorMatch;
  readonly then: ErrorAction;
  /**
   * With `retryAfter`: how long to wait when the error itself does not say, in milliseconds.
   * @default the backoff
   */
  readonly retryAfterMs?: number | undefined;
  /**
   * Attempts after the first one, for these errors.
   * @default the policy's
   */
  readonly maxRetries?: number | undefined;
}

/** What was decided. */
export interface ErrorDecision {
  readonly action: ErrorAction;
  readonly retryAfterMs?: number | undefined;
  readonly maxRetries?: number | undefined;
}

const actions: readonly ErrorAction[] = ['retry', 'retryAfter', 'deadLetter', 'fail', 'discard'];

/** Decides by the first row that matches. Misuse, a missing handler and invalid data are never tried again. */
export function decideOn(
  error: Error,
  policies: readonly ErrorPolicy[],
  wiring: Wiring,
): ErrorDecision {
  const row = policies.find(({ when }) =>
    askCallback(wiring, () => matches(error, when), {
      callback: 'policies.when',
      otherwise: false,
    }),
  );
  if (!row) return { action: defaultActionFor(error) };
  const { then: action, retryAfterMs, maxRetries } = row;
  if (action.startsWith('retry') && isMisuse(error)) return { action: 'fail' };
  return { action, retryAfterMs, maxRetries };
}

/** What cannot succeed by itself may succeed once somebody has edited it; misuse has to be mended in the program. */
function defaultActionFor(error: Error): ErrorAction {
  if (isMisuse(error)) return 'fail';
  return isRetryable(error) ? 'retry' : 'deadLetter';
}

function matches(error: Error, when: ErrorMatch): boolean {
  if (typeof when === 'string') {
    return error.name === when || (error as { code?: unknown }).code === when;
  }
  return isErrorClass(when) ? error instanceof when : when(error);
}

function isErrorClass(
  when: Exclude<ErrorMatch, string>,
): when is abstract new (...parameters: never[]) => Error {
  const { prototype } = when as { prototype?: unknown };
  return prototype === Error.prototype || prototype instanceof Error;
}

const rowNames: OptionNames<ErrorPolicy> = {
  when: true,
  // oxlint-disable-next-line unicorn/no-thenable -- it is the name of an option
  then: true,
  retryAfterMs: true,
  maxRetries: true,
};

/** Notes what is wrong with the table. */
export function checkErrorPolicies(
  check: OptionChecker,
  policies: readonly ErrorPolicy[] | undefined,
  name: string,
): void {
  if (policies === undefined) return;
  check.require(Array.isArray(policies), `${name} must be a list`);
  if (!Array.isArray(policies)) return;
  for (const [index, row] of policies.entries()) {
    const place = `${name}[${index}]`;
    const { when, then, retryAfterMs, maxRetries } = check.options(row, rowNames, place);
    check.require(
      (typeof when === 'string' && when !== '') || typeof when === 'function',
      `${place}.when must be an error class, a code, a name or a function`,
    );
    check.oneOf(`${place}.then`, then ?? null, actions);
    check.number(`${place}.retryAfterMs`, retryAfterMs, { min: 0 });
    check.number(`${place}.maxRetries`, maxRetries, { min: 0, integer: true });
  }
}

/** Tells whether an error says that a bus or a session has ended. */
export function isEnding(reason: unknown): boolean {
  if (!isLlmgineError(reason)) return false;
  return reason.code === 'LLMGINE_BUS_STOPPED' || reason.code === 'LLMGINE_SESSION_ENDED';
}
