import { LlmgineError } from '@llmgine/core';

/** What is wrong with one part of a message. */
export interface ValidationIssue {
  /** Where, with dots between the keys. */
  readonly path: string;
  readonly message: string;
}

/** A message that came from outside does not fit its definition. */
export class ValidationFailedError extends LlmgineError {
  override readonly name = 'ValidationFailedError';
  readonly code = 'LLMGINE_VALIDATION_FAILED';
  readonly messageType: string;
  readonly issues: readonly ValidationIssue[];

  constructor(messageType: string, issues: readonly ValidationIssue[]) {
    const listed = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message));
    super(
      `'${messageType}' is invalid: ${listed.join('; ')}. Make messages with their definition, or correct their source.`,
    );
    this.messageType = messageType;
    this.issues = issues;
  }
}
