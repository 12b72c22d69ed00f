import {
  InvalidOptionsError,
  type CommandExecutor,
  type HandlerRegistrar,
  type SessionId,
} from '@llmgine/core';
import type { StreamStore } from '@llmgine/core/stores';
import type { Clock } from '@llmgine/core/timing';
import type { BudgetOptions, ChatHistory, ChatModel } from '@llmgine/llm';
import type { EngineTools } from './engine-tools.ts';
import type { LoopGuardOptions } from './loop-guard.ts';
import type { OnBusy } from './prompt-gate.ts';

/** How far one run may go. */
export interface RunLimits extends Omit<BudgetOptions, 'clock'> {
  /**
   * Model calls.
   * @default 20
   */
  readonly maxSteps?: number | undefined;
}

/** What an engine is made of. */
export interface ToolChatEngineOptions {
  /** The bus, or a session of it: then the engine is that session's. */
  readonly bus: CommandExecutor & HandlerRegistrar;
  readonly model: ChatModel;
  readonly tools: EngineTools;
  /** @default a new one with `systemPrompt` */
  readonly history?: ChatHistory | undefined;
  /** @default none */
  readonly systemPrompt?: string | undefined;
  /** @default the session that `bus` is, or BUS_SCOPE */
  readonly sessionId?: SessionId | undefined;
  readonly limits?: RunLimits | undefined;
  /**
   * What happens to a prompt that comes while another is being answered.
   * @default 'queue'
   */
  readonly onBusy?: OnBusy | undefined;
  readonly loopGuard?: LoopGuardOptions | undefined;
  /**
   * Keeps every step of a run before it acts, so that `resume` can continue after a crash.
   * @default none
   */
  readonly journal?: StreamStore | undefined;
  /** Longest answer of one model call, in tokens. @default the endpoint's */
  readonly maxOutputTokens?: number | undefined;
  /** @default the endpoint's */
  readonly temperature?: number | undefined;
  /**
   * Puts the messages themselves into the model events.
   * @default false
   */
  readonly captureContent?: boolean | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

const COUNTS = ['maxSteps', 'maxTokens', 'maxCost', 'maxCalls', 'maxMs'] as const;

/** @throws InvalidOptionsError with all problems */
export function checkEngineOptions(options: ToolChatEngineOptions): void {
  const { bus, model, tools, onBusy = 'queue', limits = {}, history, systemPrompt } = options;
  const problems: string[] = [];
  if (typeof bus?.registerCommandHandler !== 'function')
    problems.push('bus must be a bus or a session');
  if (typeof model?.stream !== 'function') problems.push('model must be a chat model');
  if (typeof tools?.executeToolCall !== 'function') problems.push('tools must be a tool manager');
  if (!['queue', 'reject', 'interrupt'].includes(onBusy)) {
    problems.push(`onBusy must be 'queue', 'reject' or 'interrupt', got ${JSON.stringify(onBusy)}`);
  }
  if (history && systemPrompt !== undefined) {
    problems.push('give systemPrompt or a history that has one, not both');
  }
  for (const name of COUNTS) {
    const value = limits[name];
    if (value !== undefined && !(value > 0))
      problems.push(`limits.${name} must be positive, got ${value}`);
  }
  if (problems.length > 0) throw new InvalidOptionsError('create tool chat engine', problems);
}
