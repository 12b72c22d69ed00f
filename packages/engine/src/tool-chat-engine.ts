import { BUS_SCOPE, type CommandResult, type SessionId } from '@llmgine/core';
import { systemClock } from '@llmgine/core/timing';
import { createChatHistory, type ChatHistory } from '@llmgine/llm';
import { checkEngineOptions, type ToolChatEngineOptions } from './engine-options.ts';
import { EngineDisposedError } from './errors.ts';
import { ToolChatEngineCommand, ToolChatResumeCommand, type ToolChatResult } from './messages.ts';
import { createPromptGate } from './prompt-gate.ts';
import { Runner } from './runner.ts';

/** Answers the prompts of one session. */
export interface ToolChatEngine extends Disposable {
  readonly sessionId: SessionId;
  readonly history: ChatHistory;
  /** Resolves when no run goes on or waits: an aborted command has its result before its run has tidied up. */
  whenIdle(): Promise<void>;
  /** Continues a run that a crash cut off; one that had ended gives its result again and does nothing. */
  resume(
    runId: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<CommandResult<ToolChatResult>>;
}

/**
 * Makes the handler of `ToolChatEngineCommand` for a session: a loop of model calls and tools.
 * @throws InvalidOptionsError, DuplicateCommandHandlerError
 */
export function createToolChatEngine(options: ToolChatEngineOptions): ToolChatEngine {
  checkEngineOptions(options);
  const { bus, sessionId = sessionOf(bus), clock = systemClock, limits = {} } = options;
  const history = options.history ?? createChatHistory({ systemPrompt: options.systemPrompt });
  const gate = createPromptGate(sessionId, options.onBusy ?? 'queue');
  const runner = new Runner({
    gate,
    store: options.journal,
    limits,
    parts: {
      sessionId,
      model: options.model,
      tools: options.tools,
      history,
      clock,
      maxSteps: limits.maxSteps ?? 20,
      maxOutputTokens: options.maxOutputTokens,
      temperature: options.temperature,
      captureContent: options.captureContent ?? false,
      loopGuard: options.loopGuard,
    },
  });
  const registrations = [
    bus.registerCommandHandler(
      ToolChatEngineCommand,
      ({ id, data }, context) =>
        runner.run({ prompt: data.prompt, runId: data.runId ?? id }, context),
      { sessionId, name: 'tool-chat-engine' },
    ),
    bus.registerCommandHandler(
      ToolChatResumeCommand,
      ({ data }, context) => runner.run({ runId: data.runId }, context),
      { sessionId, name: 'tool-chat-engine.resume' },
    ),
  ];

  return {
    sessionId,
    history,
    whenIdle: () => gate.whenIdle(),
    resume: (runId, { signal } = {}) =>
      bus.execute(ToolChatResumeCommand({ runId }, { sessionId }), signal ? { signal } : {}),
    [Symbol.dispose]() {
      for (const registration of registrations) registration[Symbol.dispose]();
      gate.abortAll(new EngineDisposedError());
    },
  };
}

function sessionOf(bus: ToolChatEngineOptions['bus']): SessionId {
  return 'sessionId' in bus ? (bus.sessionId as SessionId) : BUS_SCOPE;
}
