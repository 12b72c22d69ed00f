import {
  createMessageBus,
  sessionId as toSessionId,
  StreamConflictError,
  type BusSession,
  type CommandResult,
  type MessageBus,
} from '@llmgine/core';
import {
  createToolChatEngine,
  ToolChatEngineCommand,
  type ToolChatEngine,
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
import { INTERRUPTED, toFailure } from './failure.ts';
import type { ChatEnd, ChatOutput } from './output/output.ts';
import type { Recorder } from './recording/recorder.ts';
import type { Replayer } from './recording/replayer.ts';
import type { Services } from './services.ts';
import type { Sessions } from './sessions.ts';
import { showEvents } from './show-events.ts';
import { whyStopped } from './stopped.ts';

/** What a chat is made of. */
export interface ChatParts {
  readonly sessionId: string;
  readonly options: Arguments;
  readonly model: ChatModel;
  readonly tools: ToolManager;
  readonly stored: StoredChatHistory;
  /** Set when the conversation is kept. */
  readonly sessions: Sessions | undefined;
  readonly services: Services;
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

/** Starts bus, session, tools and engine. */
export async function openChat(parts: ChatParts): Promise<Chat> {
  const bus = createMessageBus(parts.services.busOptions);
  parts.services.attach(bus);
  await bus.start();
  const session = await bus.session(toSessionId(parts.sessionId));
  return new Chat(parts, bus, session);
}

/** A conversation on a bus of its own. */
export class Chat implements AsyncDisposable {
  readonly #parts: ChatParts;
  readonly #bus: MessageBus;
  readonly #session: BusSession;
  readonly #engine: ToolChatEngine;
  /** Answers that came before their questions, as a script gives them. */
  readonly #earlyReplies = new Map<string, ToolReply>();
  #current = new AbortController();
  #openQuestion: ApprovalQuestion | undefined;
  #approvalsEnded = false;
  #approvalNeeded: ApprovalNeededError | undefined;

  constructor(parts: ChatParts, bus: MessageBus, session: BusSession) {
    const { tools, replayer, recorder, output } = parts;
    this.#parts = parts;
    this.#bus = bus;
    this.#session = session;
    if (!replayer) {
      attachTools(session, tools);
      session.registerEventHandler(ToolApprovalRequestedEvent, ({ data }) => this.#decide(data));
    }
    showEvents(session, output);
    recorder?.watch(session);
    this.#engine = createEngine(parts, session, (question) => this.#refuse(question));
  }

  /** Answers a prompt, and keeps what was said. */
  ask(prompt: string, signal: AbortSignal): Promise<ChatEnd> {
    const { sessionId, stored, output } = this.#parts;
    const runId = `${sessionId}.${stored.history.length}`;
    output.prompt(prompt);
    const command = ToolChatEngineCommand({ prompt, runId });
    return this.#settle(runId, signal, (linked) =>
      this.#session.execute(command, { signal: linked }),
    );
  }

  /** Finishes a run that a crash cut off. */
  resume(runId: string, signal: AbortSignal): Promise<ChatEnd> {
    return this.#settle(runId, signal, (linked) => this.#engine.resume(runId, { signal: linked }));
  }

  /** Answers a question about a tool call, or one that is yet to come. */
  async approve(reply: ToolReply): Promise<void> {
    const { success } = await this.#session.execute(ToolApprovalCommand(reply));
    if (!success) this.#earlyReplies.set(reply.toolCallId, reply);
  }

  /** Nobody will answer questions any more: what still needs an answer ends its run. */
  endApprovals(): void {
    this.#approvalsEnded = true;
    if (this.#openQuestion) this.#refuse(this.#openQuestion);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#engine[Symbol.dispose]();
    await this.#bus.stop();
  }

  async #settle(
    runId: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<CommandResult<ToolChatResult>>,
  ): Promise<ChatEnd> {
    const { stored, sessions, output, recorder } = this.#parts;
    const current = new AbortController();
    this.#current = current;
    this.#approvalNeeded = undefined;
    this.#openQuestion = undefined;
    const follow = (): void => {
      recorder?.interrupted();
      current.abort(signal.reason);
    };
    signal.addEventListener('abort', follow, { once: true });
    const outcome = await work(current.signal);
    signal.removeEventListener('abort', follow);
    await this.#engine.whenIdle(); // an aborted command has its result before its run has tidied up
    await this.#bus.waitForEvents();
    if (!isTakenOver(outcome)) {
      await stored.save();
      await sessions?.forgetRun(runId);
    }
    const end = this.#endOf(outcome, signal);
    output.turn(end);
    return end;
  }

  #endOf(outcome: CommandResult<ToolChatResult>, signal: AbortSignal): ChatEnd {
    const { sessionId } = this.#parts;
    if (outcome.success) {
      const { result } = outcome;
      const error = whyStopped(result);
      const exitCode = exitCodeOf(result.stopReason);
      return { sessionId, exitCode, result, ...(error && { error }) };
    }
    if (this.#approvalNeeded) {
      const error = toFailure(this.#approvalNeeded);
      return { sessionId, exitCode: ExitCode.approvalNeeded, error };
    }
    if (signal.aborted) {
      return { sessionId, exitCode: ExitCode.interrupted, error: INTERRUPTED };
    }
    return { sessionId, exitCode: ExitCode.failed, error: toFailure(outcome.error) };
  }

  async #decide(question: ApprovalQuestion): Promise<void> {
    const { askPerson } = this.#parts;
    const { toolCallId, approvalId } = question;
    const early = this.#earlyReplies.get(toolCallId);
    this.#earlyReplies.delete(toolCallId);
    const reply = early ?? (await askPerson?.(question, this.#current.signal));
    if (reply) {
      await this.#session.execute(ToolApprovalCommand({ ...reply, toolCallId, approvalId }));
    } else if (askPerson === null && !this.#approvalsEnded) {
      this.#openQuestion = question;
    } else {
      this.#refuse(question);
    }
  }

  #refuse(question: ApprovalQuestion): void {
    this.#parts.recorder?.unapproved(question);
    this.#approvalNeeded = new ApprovalNeededError(question);
    this.#current.abort(this.#approvalNeeded);
  }
}

/** Another process has begun or goes on with the run, so that the run and its turn are that one's. */
function isTakenOver(outcome: CommandResult<ToolChatResult>): boolean {
  return !outcome.success && outcome.error instanceof StreamConflictError;
}

function createEngine(
  parts: ChatParts,
  session: BusSession,
  unapproved: (question: ApprovalQuestion) => void,
): ToolChatEngine {
  const { model, tools, replayer, stored, sessions, options } = parts;
  const { maxSteps, maxTokens, maxCost, timeout } = options;
  return createToolChatEngine({
    bus: session,
    model,
    tools: replayer ? replayer.tools(session, unapproved) : tools,
    history: stored.history,
    ...(sessions && { journal: sessions.store }),
    limits: {
      maxSteps,
      maxTokens,
      maxCost,
      maxMs: timeout === undefined ? undefined : timeout * 1000,
    },
  });
}
