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
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === 'string' && { code }),
    ...(error.stack !== undefined && { stack: error.stack }),
    ...(error.cause !== undefined &&
      depth < MAX_CAUSES && { cause: toErrorData(error.cause, depth + 1) }),
  };
}

/** Turns anything that was thrown into an Error, keeping the original as its cause. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(describe(thrown), { cause: thrown });
}

function describe(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  try {
    return `Thrown value: ${JSON.stringify(thrown) ?? String(thrown)}`;
  } catch {
    return 'A value that is no Error was thrown.';
  }
}
