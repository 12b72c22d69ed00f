import { toErrorData } from '@llmgine/core';
import {
  addUsage,
  ModelCallFinishedEvent,
  ModelCallStartedEvent,
  ModelError,
  ModelTextDeltaEvent,
  type BudgetReservation,
  type ChatRequest,
  type ChatResponse,
} from '@llmgine/llm';
import type { Run } from './run.ts';

/** Characters that a token stands for, roughly, when nobody counted. */
const CHARACTERS_PER_TOKEN = 4;

/** Asks the model once, streaming what it says onto the bus. @throws ModelError, BudgetExceededError, or the abort's reason */
export async function askModel(run: Run): Promise<ChatResponse> {
  const request = requestOf(run);
  const reservation = run.budget?.reserve(estimatedTokens(request));
  run.step += 1;
  run.text = '';
  const modelCallId = `${run.runId}:${run.step}`;
  const { provider, model } = run.model;
  const head = { modelCallId, provider, model, step: run.step };
  await run.publish(
    ModelCallStartedEvent({ ...head, ...(run.captureContent && { input: request.messages }) }),
  );

  const startedAt = run.clock.monotonic();
  const timing: StreamTiming = { firstAt: undefined };
  try {
    const response = await readStream(run, { request, modelCallId, timing });
    settle(run, reservation, response);
    await run.publish(
      ModelCallFinishedEvent({ ...head, ...succeeded(run, response), ...durations() }),
    );
    return response;
  } catch (thrown) {
    reservation?.settle(
      thrown instanceof ModelError && thrown.status !== undefined ? ZERO_TOKENS : {},
    );
    await run.publish(
      ModelCallFinishedEvent({
        ...head,
        success: false,
        usage: {},
        error: toErrorData(thrown),
        ...durations(),
      }),
    );
    throw thrown;
  }

  function durations(): { durationMs: number; timeToFirstChunkMs?: number } {
    return {
      durationMs: run.clock.monotonic() - startedAt,
      ...(timing.firstAt !== undefined && { timeToFirstChunkMs: timing.firstAt - startedAt }),
    };
  }
}

/** A call that the endpoint refused used nothing. */
const ZERO_TOKENS = { inputTokens: 0, outputTokens: 0, totalTokens: 0, cost: 0 };

interface StreamTiming {
  firstAt: number | undefined;
}

interface ReadOptions {
  readonly request: ChatRequest;
  readonly modelCallId: string;
  readonly timing: StreamTiming;
}

async function readStream(
  run: Run,
  { request, modelCallId, timing }: ReadOptions,
): Promise<ChatResponse> {
  const deltas = run.model.stream(request, { signal: run.signal })[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value: delta } = await run.latch.wait(deltas.next());
      if (done) break;
      timing.firstAt ??= run.clock.monotonic();
      if (delta.type === 'final') return delta;
      if (delta.type !== 'text') continue;
      run.text += delta.text;
      await run.publish(ModelTextDeltaEvent({ modelCallId, text: delta.text }));
    }
  } finally {
    // Not awaited: a stream that ignores the signal must not hold the run up.
    void deltas.return?.(undefined)?.then(undefined, () => {});
  }
  throw new ModelError({
    kind: 'incomplete',
    provider: run.model.provider,
    message: 'The stream ended without a final message.',
  });
}

function requestOf(run: Run): ChatRequest {
  return {
    messages: run.history.getMessages(),
    tools: run.tools.parseToolsToList(),
    ...(run.maxOutputTokens !== undefined && { maxOutputTokens: run.maxOutputTokens }),
    ...(run.temperature !== undefined && { temperature: run.temperature }),
  };
}

function estimatedTokens({ messages, maxOutputTokens = 0 }: ChatRequest): number {
  return Math.ceil(JSON.stringify(messages).length / CHARACTERS_PER_TOKEN) + maxOutputTokens;
}

function settle(
  run: Run,
  reservation: BudgetReservation | undefined,
  { usage }: ChatResponse,
): void {
  run.usage = addUsage(run.usage, usage);
  reservation?.settle(usage);
}

function succeeded(run: Run, response: ChatResponse) {
  const { usage, finishReason, responseId, responseModel, message } = response;
  const { cost, ...tokens } = usage;
  return {
    success: true,
    finishReason,
    usage: tokens,
    ...(cost !== undefined && { cost }),
    ...(responseId !== undefined && { responseId }),
    ...(responseModel !== undefined && { responseModel }),
    ...(run.captureContent && { output: message }),
  };
}
