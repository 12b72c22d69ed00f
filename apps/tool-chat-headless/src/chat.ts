import { createMessageBus, sessionId as toSessionId, type CommandResult } from '@llmgine/core';
import {
  createToolChatEngine,
  ToolChatEngineCommand,
  type EngineTools,
  type ToolChatResult,
} from '@llmgine/engine';
import type { ChatModel, StoredChatHistory } from '@llmgine/llm';
import {
  attachTools,
  ToolApprovalCommand,
  ToolApprovalRequestedEvent,
  type ToolManager,
} from '@llmgine/tools';
import { ApprovalNeededError, type ApprovalQuestion, type ApprovalReply } from './approvals.ts';
import type { Arguments } from './arguments.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import { toFailure } from './failure.ts';
import type { ChatEnd, ChatOutput } from './output/output.ts';
import type { Recorder } from './recording/recorder.ts';
import type { Replayer } from './recording/replayer.ts';
import type { Sessions } from './sessions.ts';
import { showEvents } from './show-events.ts';

/** What a chat is made of. */
export interface ChatParts {
  readonly sessionId: string;
  readonly options: Arguments;
  readonly model: ChatModel;
  readonly tools: ToolManager;
  readonly stored: StoredChatHistory;
  /** Set when the conversation is kept. */
  readonly sessions: Sessions | undefined;
  readonly output: ChatOutput;
  readonly recorder: Recorder | undefined;
  readonly replayer: Replayer | undefined;
  /** Asks a person. Undefined: nobody is there; null: the answer comes otherwise. */
  readonly askPerson: AskPerson | null | undefined;
}

/** Asks a person about a tool call; an abort is a no. */
export type AskPerson = (question: ApprovalQuestion, signal: AbortSignal) => Promise<ApprovalReply>;

/** An answer that names its call. */
export type ToolReply = ApprovalReply & { readonly toolCallId: string };

/** A conversation on a bus of its own. */
export interface Chat extends AsyncDisposable {
  ask(prompt: string, signal: AbortSignal): Promise<ChatEnd>;
  /** Finishes a run that a crash cut off. */
  resume(runId: string, signal: AbortSignal): Promise<ChatEnd>;
  /** Answers a question about a tool call. */
  approve(reply: ToolReply): Promise<void>;
  /** Nobody will answer questions any more: what still needs an answer ends its run. */
  endApprovals(): void;
}

/** Starts bus, session, tools and engine. */
export async function openChat(parts: ChatParts): Promise<Chat> {
  const { sessionId, options, output, stored, sessions, recorder, replayer, tools } = parts;
  const bus = createMessageBus();
  await bus.start();
  const session = await bus.session(toSessionId(sessionId));
  const engineTools: EngineTools = replayer ? replayer.tools(session) : tools;
  if (!replayer) attachTools(session, tools);
  showEvents(session, output);
  recorder?.watch(session);
  const engine = createToolChatEngine({
    bus: session,
    model: parts.model,
    tools: engineTools,
    history: stored.history,
    ...(sessions && { journal: sessions.store }),
    limits: {
      maxSteps: options.maxSteps,
      maxTokens: options.maxTokens,
      maxCost: options.maxCost,
      maxMs: options.timeout === undefined ? undefined : options.timeout * 1000,
    },
  });
  let approvalNeeded: ApprovalNeededError | undefined;
  let current = new AbortController();
  /** Answers that came before their questions, as a script gives them. */
  const early = new Map<string, ToolReply>();
  let open: ApprovalQuestion | undefined;
  let answersEnded = false;
  if (!replayer)
    session.registerEventHandler(ToolApprovalRequestedEvent, ({ data }) => decide(data));

  return {
    ask(prompt, signal) {
      const runId = `${sessionId}.${stored.history.length}`;
      output.prompt(prompt);
      return settle(runId, signal, (linked) =>
        session.execute(ToolChatEngineCommand({ prompt, runId }), { signal: linked }),
      );
    },
    resume: (runId, signal) =>
      settle(runId, signal, (linked) => engine.resume(runId, { signal: linked })),
    async approve(reply) {
      const { success } = await session.execute(ToolApprovalCommand(reply));
      if (!success) early.set(reply.toolCallId, reply);
    },
    endApprovals() {
      answersEnded = true;
      if (open) refuse(open);
    },
    async [Symbol.asyncDispose]() {
      engine[Symbol.dispose]();
      await bus.stop();
    },
  };

  async function settle(
    runId: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<CommandResult<ToolChatResult>>,
  ): Promise<ChatEnd> {
    current = new AbortController();
    approvalNeeded = undefined;
    open = undefined;
    const follow = (): void => current.abort(signal.reason);
    signal.addEventListener('abort', follow, { once: true });
    const outcome = await work(current.signal);
    signal.removeEventListener('abort', follow);
    await engine.whenIdle(); // an aborted command has its result before its run has tidied up
    await bus.waitForEvents();
    await stored.save();
    await sessions?.forgetRun(runId);
    const end = endOf(outcome, signal);
    output.turn(end);
    return end;
  }

  function endOf(outcome: CommandResult<ToolChatResult>, signal: AbortSignal): ChatEnd {
    if (outcome.success)
      return { sessionId, exitCode: exitCodeOf(outcome.result.stopReason), result: outcome.result };
    if (approvalNeeded)
      return { sessionId, exitCode: ExitCode.approvalNeeded, error: toFailure(approvalNeeded) };
    const exitCode = signal.aborted ? ExitCode.interrupted : ExitCode.failed;
    const error = signal.aborted
      ? { code: 'INTERRUPTED', message: 'Interrupted.' }
      : toFailure(outcome.error);
    return { sessionId, exitCode, error };
  }

  async function decide(question: ApprovalQuestion): Promise<void> {
    const { toolCallId, approvalId } = question;
    const reply = early.get(toolCallId) ?? (await parts.askPerson?.(question, current.signal));
    early.delete(toolCallId);
    if (reply) await session.execute(ToolApprovalCommand({ ...reply, toolCallId, approvalId }));
    else if (parts.askPerson === null && !answersEnded) open = question;
    else refuse(question);
  }

  function refuse(question: ApprovalQuestion): void {
    approvalNeeded = new ApprovalNeededError(question);
    current.abort(approvalNeeded);
  }
}
