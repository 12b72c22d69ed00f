import { LlmgineError } from '@llmgine/core';

/** What went wrong at a model endpoint, as far as callers act differently on it. */
export type ModelErrorKind =
  /** Too many requests or tokens just now. */
  | 'rate-limit'
  /** The account has nothing left. */
  | 'quota'
  /** The endpoint has no capacity, or failed. */
  | 'overloaded'
  /** The messages do not fit into the model's context. */
  | 'context-overflow'
  /** The endpoint's safety system refused. */
  | 'content-filter'
  /** The endpoint refused or could not parse the model's tool call. */
  | 'tool-call-refused'
  /** The key is missing, wrong or not allowed to do this. */
  | 'authentication'
  /** No such model or address. */
  | 'not-found'
  /** The endpoint did not accept the request. */
  | 'invalid-request'
  /** The endpoint could not be reached, or the connection broke. */
  | 'connection'
  /** Nothing came in time. */
  | 'timeout'
  /** The endpoint said that all is well and gave nothing. */
  | 'empty'
  /** The answer broke off. */
  | 'incomplete'
  /** The endpoint answered with something else than this protocol. */
  | 'malformed'
  | 'unknown';

/** What a `ModelError` is made of. */
export interface ModelErrorDetails {
  readonly kind: ModelErrorKind;
  /** Whose endpoint it was. */
  readonly provider: string;
  /** The provider's own words, or ours where it has none. */
  readonly message: string;
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

const RETRYABLE: ReadonlySet<ModelErrorKind> = new Set([
  'rate-limit',
  'overloaded',
  'connection',
  'timeout',
  'empty',
  'incomplete',
]);

/** A model call failed; `kind` says how, `retryable` whether the same call may succeed later. */
export class ModelError extends LlmgineError {
  override readonly name = 'ModelError';
  readonly code = 'LLMGINE_MODEL';
  readonly kind: ModelErrorKind;
  readonly provider: string;
  readonly retryable: boolean;
  /** How long the endpoint asks to wait, when it says. */
  readonly retryAfterMs: number | undefined;
  /** HTTP status, when there was an answer. */
  readonly status: number | undefined;
  /** The provider's name for the request, for its support. */
  readonly requestId: string | undefined;

  constructor(details: ModelErrorDetails) {
    super(
      `${details.provider}: ${details.message}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.kind = details.kind;
    this.provider = details.provider;
    this.retryable = details.retryable ?? RETRYABLE.has(details.kind);
    this.retryAfterMs = details.retryAfterMs;
    this.status = details.status;
    this.requestId = details.requestId;
  }
}

/** A tool message was added for a call that is not waiting for one. */
export class ToolCallNotOpenError extends LlmgineError {
  override readonly name = 'ToolCallNotOpenError';
  readonly code = 'LLMGINE_TOOL_CALL_NOT_OPEN';
  readonly toolCallId: string;

  constructor(toolCallId: string) {
    super(
      `No tool call '${toolCallId}' waits for a result. Add the assistant message that makes it first, and one result per call.`,
    );
    this.toolCallId = toolCallId;
  }
}

/** Which limit of a budget was met. */
export type BudgetLimit = 'maxTokens' | 'maxCost' | 'maxCalls' | 'maxMs';

/** A budget has no room for another model call. */
export class BudgetExceededError extends LlmgineError {
  override readonly name = 'BudgetExceededError';
  readonly code = 'LLMGINE_BUDGET_EXCEEDED';
  readonly limit: BudgetLimit;
  readonly allowed: number;
  /** Undefined: not known, and what is not known is not allowed. */
  readonly used: number | undefined;

  constructor(limit: BudgetLimit, allowed: number, used: number | undefined) {
    super(
      used === undefined
        ? `The budget's ${limit} of ${allowed} cannot be kept: the endpoint did not say what a call used. Give prices, or drop this limit.`
        : `The budget's ${limit} of ${allowed} is used up (${used}). Raise it, or start a new run.`,
    );
    this.limit = limit;
    this.allowed = allowed;
    this.used = used;
  }
}

/** A scripted model was called more often, less often or otherwise than its script says. */
export class ScriptMismatchError extends LlmgineError {
  override readonly name = 'ScriptMismatchError';
  readonly code = 'LLMGINE_SCRIPT_MISMATCH';

  constructor(problem: string) {
    super(`The model's script does not fit: ${problem}`);
  }
}
