import type { StopReason, ToolChatResult } from '@llmgine/engine';
import type { ChatFailure } from './output/output.ts';

type BudgetLimit = NonNullable<ToolChatResult['limit']>;

const BUDGET: Readonly<Record<BudgetLimit, string>> = {
  maxTokens: 'the tokens are used up (--max-tokens).',
  maxCost: 'the cost is used up, or the endpoint does not say what it is (--max-cost).',
  maxCalls: 'the model calls are used up.',
  maxMs: 'the time is over (--timeout). Give it more, or check that the endpoint is alive.',
};

const REASONS: Readonly<Record<Exclude<StopReason, 'answered' | 'budget'>, string>> = {
  stepLimit: 'Stopped: the model still called tools at the step limit (--max-steps).',
  loop: 'Stopped: the model made the same call again and again. Ask in other words.',
  refused: 'The model declined to answer. Ask in other words.',
  lengthLimit: 'The answer was cut off at the longest length allowed. Ask for less at once.',
  aborted: 'Interrupted.',
  error: 'Failed.',
};

/** Says in one line why a run came to no answer, and what to do. Undefined: it answered. */
export function whyStopped({ stopReason, limit }: ToolChatResult): ChatFailure | undefined {
  if (stopReason === 'answered') return undefined;
  const message =
    stopReason === 'budget'
      ? `Stopped: ${limit ? BUDGET[limit] : 'the budget is used up.'}`
      : REASONS[stopReason];
  return { code: `STOPPED:${stopReason}`, message };
}
