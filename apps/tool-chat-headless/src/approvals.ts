import type { MessageOf } from '@llmgine/core';
import {
  allow,
  ask,
  deny,
  type ToolApproval,
  type ToolApprovalRequestedEvent,
} from '@llmgine/tools';
import type { ApprovalMode } from './arguments.ts';

/** A question about a tool call. */
export type ApprovalQuestion = MessageOf<typeof ToolApprovalRequestedEvent>['data'];

/** What somebody said to a question. */
export interface ApprovalReply {
  readonly decision: 'allow' | 'deny';
  readonly reason?: string;
}

/** Decides by the mode: tools that only read run, the others as `--approve` says. */
export function approvalPolicy(mode: ApprovalMode): ToolApproval {
  return ({ effect }) => {
    if (effect === 'read' || mode === 'always') return allow();
    return mode === 'never' ? deny('approvals are off (--approve never).') : ask();
  };
}

/** A tool needed somebody's word, and nobody could be asked. */
export class ApprovalNeededError extends Error {
  override readonly name = 'ApprovalNeededError';

  constructor({ toolName, toolArgs }: ApprovalQuestion) {
    super(
      `${toolName}(${JSON.stringify(toolArgs)}) needs an approval. Run in a terminal, use --input jsonl, or pass --approve always.`,
    );
  }
}
