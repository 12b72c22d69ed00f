import type { MaybePromise, SessionId } from '@llmgine/core';
import type { ToolEffect } from '@llmgine/core/vocabulary';

/** A call that waits to be decided about. */
export interface ApprovalRequest<Arguments = unknown> {
  readonly callId: string;
  readonly toolName: string;
  readonly description: string;
  /** Valid, and a copy: what runs is what was asked about. */
  readonly args: Arguments;
  readonly effect: ToolEffect;
  readonly sessionId: SessionId;
  /** Aborts when nobody waits for the decision any more. */
  readonly signal: AbortSignal;
}

/** What is decided about a call. Made by `allow`, `deny`, `edit` and `ask`. */
export type ApprovalDecision =
  | { readonly decision: 'allow' }
  | { readonly decision: 'deny'; readonly reason: string }
  /** Runs with other arguments, which are checked like the model's own. */
  | { readonly decision: 'edit'; readonly args: unknown }
  /** Publishes `ToolApprovalRequestedEvent` and waits for `ToolApprovalCommand`. */
  | { readonly decision: 'ask'; readonly expiresInMs?: number | undefined };

/** Decides about calls: always asks, or by a function. A function that fails denies. */
export type ToolApproval<
  // oxlint-disable-next-line typescript/no-explicit-any -- the variance default of a type parameter
  Arguments = any,
> = 'ask' | ((request: ApprovalRequest<Arguments>) => MaybePromise<ApprovalDecision>);

/** Lets the call run. */
export function allow(): ApprovalDecision {
  return { decision: 'allow' };
}

/** Refuses the call; the model is told why. */
export function deny(reason: string): ApprovalDecision {
  return { decision: 'deny', reason };
}

/** Lets the call run with other arguments. */
export function edit(args: unknown): ApprovalDecision {
  return { decision: 'edit', args };
}

/** Asks somebody. Without an answer within `expiresInMs` (default: the manager's `approvalTimeoutMs`) the call is denied. */
export function ask({ expiresInMs }: { readonly expiresInMs?: number } = {}): ApprovalDecision {
  return { decision: 'ask', expiresInMs };
}

/** Somebody's answer to a `ToolApprovalRequestedEvent`. */
export interface ApprovalAnswer {
  readonly toolCallId: string;
  /**
   * The question, where several calls share their id.
   * @default the oldest open question about the call
   */
  readonly approvalId?: string | undefined;
  readonly decision: 'allow' | 'deny' | 'edit';
  /** Why it is denied, for the model. */
  readonly reason?: string | undefined;
  /** For `edit`: the arguments to run with. */
  readonly args?: unknown;
}
