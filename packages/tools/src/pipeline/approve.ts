import { toError, type SessionId } from '@llmgine/core';
import { toAbortSignal, type AbortNotice } from '@llmgine/core/timing';
import type { ApprovalDecision, ToolApproval } from '../approval.ts';
import type { Tool } from '../define-tool.ts';
import { ToolCancelledError, ToolDeniedError } from '../errors.ts';
import type { NormalCall } from '../tool-call.ts';
import type { CheckedArguments } from './check-arguments.ts';

/** A valid call, and what its decision needs. */
export interface ApprovalStep {
  readonly tool: Tool;
  readonly call: NormalCall;
  readonly checked: CheckedArguments;
  readonly sessionId: SessionId;
  readonly signal: AbortNotice | undefined;
  readonly approval: ToolApproval | undefined;
  /** Asks somebody and resolves to the answer. */
  readonly ask: (args: unknown, expiresInMs: number | undefined) => Promise<ApprovalDecision>;
  /** Checks edited arguments like the model's own. */
  readonly recheck: (args: unknown) => Promise<CheckedArguments>;
  /** Bounds the time of the hook itself. */
  readonly withDeadline: <T>(run: () => Promise<T>) => Promise<T>;
}

/**
 * The fifth step: has the call decided about. Gives the arguments to run with.
 * @throws ToolDeniedError, ToolCancelledError, InvalidToolArgumentsError (of edited arguments)
 */
export async function approve(step: ApprovalStep): Promise<CheckedArguments> {
  const { call, checked, tool, ask, recheck } = step;
  let decision = await firstDecision(step);
  if (decision.decision === 'ask') {
    refuseNoTime(decision.expiresInMs, tool.name);
    decision = await ask(copyOf(checked.args), decision.expiresInMs);
  }

  switch (decision.decision) {
    case 'allow':
      return checked;
    case 'deny':
      throw new ToolDeniedError(tool.name, sentence(decision.reason));
    case 'edit': {
      if (decision.args === undefined) {
        throw new ToolDeniedError(tool.name, 'the approval edited it without giving arguments.');
      }
      const edited = await recheck(copyOf(decision.args));
      return { ...edited, repairs: [...checked.repairs, ...edited.repairs, 'edited on approval'] };
    }
    default:
      throw new ToolDeniedError(
        call.name,
        `the approval gave no decision but '${String((decision as { decision: unknown }).decision)}'.`,
      );
  }
}

/** A question that expires after no number of milliseconds would stay open for ever. */
function refuseNoTime(expiresInMs: unknown, toolName: string): void {
  if (expiresInMs === undefined || (typeof expiresInMs === 'number' && expiresInMs >= 0)) return;
  throw new ToolDeniedError(toolName, 'the time to answer must be a number of milliseconds.');
}

/** A hook that fails has allowed nothing. */
async function firstDecision(step: ApprovalStep): Promise<ApprovalDecision> {
  const { approval, tool, call, checked, sessionId, withDeadline } = step;
  if (approval === 'ask') return { decision: 'ask' };
  const signal = step.signal ? toAbortSignal(step.signal) : new AbortController().signal;
  const { description, effect, name } = tool;
  const args = copyOf(checked.args);
  const request = { callId: call.id, toolName: name, description, args, effect, sessionId, signal };
  try {
    const decision = await withDeadline(async () => approval?.(request));
    return decision ?? { decision: 'deny', reason: 'the approval gave no decision.' };
  } catch (thrown) {
    if (thrown instanceof ToolCancelledError || thrown instanceof ToolDeniedError) throw thrown;
    throw new ToolDeniedError(name, 'it could not be decided about.', { cause: toError(thrown) });
  }
}

/** What is asked about must be what runs, whatever is done to the question. */
function copyOf(args: unknown): unknown {
  return args === undefined ? undefined : (structuredClone(args) as unknown);
}

function sentence(reason: unknown): string {
  const text =
    typeof reason === 'string' && reason.trim() !== '' ? reason.trim() : 'no reason was given';
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
