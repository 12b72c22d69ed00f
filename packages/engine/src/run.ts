import type {
  EventDefinition,
  EventMessage,
  HandlerContext,
  PublishOptions,
  SessionId,
} from '@llmgine/core';
import { sleep, type Clock } from '@llmgine/core/timing';
import type { Budget, ChatHistory, ChatModel, Usage } from '@llmgine/llm';
import type { EngineTools } from './engine-tools.ts';
import { createLoopGuard, type LoopGuard, type LoopGuardOptions } from './loop-guard.ts';
import { ToolChatEngineStatusEvent, type RunStatus, type RunToolCall } from './messages.ts';
import type { RunAbort } from './run-abort.ts';
import type { RunJournal } from './run-journal.ts';

/** What is the same for all runs of an engine. */
export interface RunParts {
  readonly sessionId: SessionId;
  readonly model: ChatModel;
  readonly tools: EngineTools;
  readonly history: ChatHistory;
  readonly clock: Clock;
  /** Model calls that one run may make. */
  readonly maxSteps: number;
  readonly maxOutputTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly captureContent: boolean;
  readonly loopGuard: LoopGuardOptions | undefined;
}

/** How long an aborted run waits, all in all, for what it still tells and writes. */
const FLUSH_MS = 50;

const UNAWAITED = { awaitProcessing: false } as const;

/** One run as it goes on. */
export class Run {
  readonly parts: RunParts;
  readonly runId: string;
  readonly abort: RunAbort;
  /** Absent: the run need not survive. */
  journal: RunJournal | undefined = undefined;
  budget: Budget | undefined = undefined;
  /** Model calls made so far. */
  step = 0;
  /** Text of the answer that is coming, or came last. */
  text = '';
  usage: Usage | undefined = undefined;
  readonly toolCalls: RunToolCall[] = [];
  readonly #context: HandlerContext;
  /** Made when first published with. */
  #untilAborted: PublishOptions | undefined = undefined;
  #guard: LoopGuard | undefined = undefined;
  #flushTime: Promise<unknown> | undefined = undefined;

  constructor(parts: RunParts, runId: string, abort: RunAbort) {
    this.parts = parts;
    this.runId = runId;
    this.abort = abort;
    this.#context = abort.context;
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  get guard(): LoopGuard {
    this.#guard ??= createLoopGuard(this.parts.loopGuard);
    return this.#guard;
  }

  /** Somebody wants to know where the run is. */
  get tellsStatus(): boolean {
    return this.#context.isHeard(ToolChatEngineStatusEvent);
  }

  /** Publishes where the run is, if anybody wants to know. */
  async tell(status: RunStatus): Promise<void> {
    if (!this.tellsStatus) return;
    const { runId, step } = this;
    await this.publish(ToolChatEngineStatusEvent({ runId, status, step }));
  }

  /** False: nothing would notice an event of this type, so none need be made. */
  isHeard(event: EventDefinition): boolean {
    return this.#context.isHeard(event);
  }

  /** Publishes an event; a log or queue that takes no more holds the run up no longer than until its abort. */
  publish(event: EventMessage): Promise<void> {
    return this.flush(this.publishInside(event));
  }

  /** Publishes an event for one who waits by `abort` already. */
  async publishInside(event: EventMessage): Promise<void> {
    await this.#context.publish(event, this.#publishOptions());
  }

  /** Waits for what must not change how the run ends: it never rejects, and takes an aborted run a moment only. */
  async flush(work: Promise<unknown>): Promise<void> {
    const settled = work.catch(() => {}); // e.g. the bus stops, or the session ended: nobody listens any more
    if (!this.abort.notice.aborted) {
      await this.abort.wait(settled).catch(() => {});
      return;
    }
    this.#flushTime ??= sleep(FLUSH_MS, { clock: this.parts.clock });
    await Promise.race([settled, this.#flushTime]);
  }

  /** What is told after an abort must not be refused because of it. */
  #publishOptions(): PublishOptions {
    if (this.abort.notice.aborted) return UNAWAITED;
    this.#untilAborted ??= { ...UNAWAITED, signal: this.signal };
    return this.#untilAborted;
  }
}
