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

/** A package that is needed for what was asked is not installed. */
export class MissingPeerError extends LlmgineError {
  override readonly name = 'MissingPeerError';
  readonly code = 'LLMGINE_MISSING_PEER';
  readonly packageName: string;

  constructor(packageName: string, purpose: string, options?: ErrorOptions) {
    super(`Install '${packageName}' to ${purpose}.`, options);
    this.packageName = packageName;
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
