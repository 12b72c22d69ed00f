import { LlmgineError } from '../errors.ts';

/** Something was refused because it came faster than its rate allows. */
export class RateLimitedError extends LlmgineError {
  override readonly name = 'RateLimitedError';
  readonly code = 'LLMGINE_RATE_LIMITED';
  /** What is limited: a command type, or a key. */
  readonly limited: string;
  readonly retryAfterMs: number;

  constructor(limited: string, retryAfterMs: number) {
    super(
      `'${limited}' came faster than its rate limit allows. Retry after ${Math.ceil(retryAfterMs)} ms, raise the limit, or let callers wait.`,
    );
    this.limited = limited;
    this.retryAfterMs = retryAfterMs;
  }
}
