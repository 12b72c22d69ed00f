import type { StandardSchemaV1 } from '@standard-schema/spec';
import { LlmgineError } from '../errors.ts';

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
