import type { Clock, SessionId } from '@llmgine/core';
import type { AbortNotice } from '@llmgine/core/timing';
import type { ApprovalAnswer, ApprovalDecision } from './approval.ts';

/** A question as it is asked. */
interface ApprovalQuestion {
  readonly toolCallId: string;
  readonly sessionId: SessionId;
  readonly expiresInMs: number;
  readonly signal: AbortNotice | undefined;
  /** Tells somebody about the question. */
  readonly announce: (approvalId: string, expiresAt: number | undefined) => void;
  /** What to throw when nobody waits for the answer any more. */
  readonly cancelled: () => Error;
}

/** Questions that wait for somebody's answer. */
export interface PendingApprovals {
  ask(question: ApprovalQuestion): Promise<ApprovalDecision>;
  /** False: there is no such question. */
  answer(answer: ApprovalAnswer, sessionId: SessionId | undefined): boolean;
}

interface Pending {
  readonly approvalId: string;
  readonly question: ApprovalQuestion;
  readonly decide: (decision: ApprovalDecision) => void;
}

/** Makes an empty set of questions. */
export function createPendingApprovals(clock: Clock, newId: () => string): PendingApprovals {
  const waiting = new Set<Pending>();

  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        const { signal, expiresInMs } = question;
        const pending: Pending = { approvalId: newId(), question, decide: settle };
        const expires = Number.isFinite(expiresInMs);
        const timer = expires ? clock.setTimer(expire, expiresInMs) : undefined;
        waiting.add(pending);
        signal?.addEventListener('abort', cancel);
        if (signal?.aborted) cancel();
        else question.announce(pending.approvalId, expires ? clock.now() + expiresInMs : undefined);

        function settle(decision: ApprovalDecision): void {
          close();
          resolve(decision);
        }

        function expire(): void {
          settle({ decision: 'deny', reason: `nobody decided within ${expiresInMs} ms.` });
        }

        function cancel(): void {
          close();
          reject(question.cancelled());
        }

        function close(): void {
          waiting.delete(pending);
          timer?.[Symbol.dispose]();
          signal?.removeEventListener('abort', cancel);
        }
      }),
    answer(answer, sessionId) {
      const pending = find(answer, sessionId);
      pending?.decide(toDecision(answer));
      return pending !== undefined;
    },
  };

  function find(
    { toolCallId, approvalId }: ApprovalAnswer,
    sessionId: SessionId | undefined,
  ): Pending | undefined {
    for (const pending of waiting) {
      const { question } = pending;
      if (question.toolCallId !== toolCallId) continue;
      if (approvalId !== undefined && pending.approvalId !== approvalId) continue;
      if (sessionId === undefined || question.sessionId === sessionId) return pending;
    }
    return undefined;
  }
}

function toDecision({ decision, reason, args }: ApprovalAnswer): ApprovalDecision {
  switch (decision) {
    case 'allow':
      return { decision: 'allow' };
    case 'edit':
      return { decision: 'edit', args };
    default: // what came from outside may hold anything, and only a clear yes is one
      return { decision: 'deny', reason: reason ?? 'it was declined.' };
  }
}
