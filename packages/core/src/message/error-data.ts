/** An error as plain data, so that it can travel inside messages and be stored. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorData;
}

/** Causes beyond this depth are left out: chains can be cyclic. */
const MAX_CAUSES = 8;

/** Turns anything that was thrown into plain data. */
export function toErrorData(thrown: unknown, depth = 0): ErrorData {
  const error = toError(thrown);
  try {
    return readErrorData(error, error === thrown, depth);
  } catch {
    return { name: 'Error', message: 'An error was thrown that cannot be read.' };
  }
}

function readErrorData(error: Error, isOriginal: boolean, depth: number): ErrorData {
  const { code } = error as { code?: unknown };
  // What is no Error is told by the message of the one made for it; once is enough.
  const cause = isOriginal ? error.cause : undefined;
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: toErrorData(cause, depth + 1) }),
  };
}

/** Turns anything that was thrown into an Error, keeping the original as its cause. */
export function toError(thrown: unknown): Error {
  if (isError(thrown)) return thrown;
  return new Error(describe(thrown), { cause: thrown });
}

/** Even asking may throw: a proxy decides itself what it says of its prototype. */
function isError(thrown: unknown): thrown is Error {
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}

function describe(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  try {
    return `Thrown value: ${JSON.stringify(thrown) ?? String(thrown)}`;
  } catch {
    return 'A value that is no Error was thrown.';
  }
}
