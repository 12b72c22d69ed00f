import { toErrorData, type EventMessage } from '@llmgine/core';
import {
  addUsage,
  ModelCallFinishedEvent,
  ModelCallStartedEvent,
  ModelError,
  ModelTextDeltaEvent,
  type ChatDelta,
  type ChatRequest,
  type ChatResponse,
} from '@llmgine/llm';
import type { Run } from './run.ts';

/** Characters that a token stands for, roughly, when nobody counted. */
const CHARACTERS_PER_TOKEN = 4;

/** A stream that is here already, e.g. a recorded one, must leave room for aborts and for the bus, which keeps up with so many. */
const DELTAS_IN_A_ROW = 100;

/** Asks the model once, streaming what it says onto the bus. @throws ModelError, BudgetExceededError, or the abort's reason */
export async function askModel(run: Run): Promise<ChatResponse> {
  const request = requestOf(run);
  const reservation = run.budget?.reserve(estimatedTokens(request));
  run.step += 1;
  run.text = '';
  const call = new ModelCall(run);
  if (run.isHeard(ModelCallStartedEvent)) await run.publish(startedEvent(call, request));

  let deltas: AsyncIterator<ChatDelta> | undefined;
  try {
    deltas = run.parts.model.stream(request, { signal: run.signal })[Symbol.asyncIterator]();
    const response = await run.abort.wait(readAnswer(call, deltas));
    run.usage = addUsage(run.usage, response.usage);
    reservation?.settle(response.usage);
    if (run.isHeard(ModelCallFinishedEvent)) await run.publish(finishedEvent(call, response));
    return response;
  } catch (thrown) {
    reservation?.settle(
      thrown instanceof ModelError && thrown.status !== undefined ? ZERO_TOKENS : {},
    );
    if (run.isHeard(ModelCallFinishedEvent)) await run.publish(failedEvent(call, thrown));
    throw thrown;
  } finally {
    // Not awaited: a stream that ignores the signal must not hold the run up.
    void deltas?.return?.(undefined)?.then(undefined, () => {});
  }
}

/** A call that the endpoint refused used nothing. */
const ZERO_TOKENS = { inputTokens: 0, outputTokens: 0, totalTokens: 0, cost: 0 };

/** One call of the model, and when it was what. */
class ModelCall {
  readonly run: Run;
  readonly startedAt: number;
  firstAt: number | undefined = undefined;

  constructor(run: Run) {
    this.run = run;
    this.startedAt = run.parts.clock.monotonic();
  }

  get id(): string {
    return `${this.run.runId}:${this.run.step}`;
  }
}

/** Nobody waits for it any more once the run was aborted; what comes then is not part of the run. */
async function readAnswer(
  call: ModelCall,
  deltas: AsyncIterator<ChatDelta>,
): Promise<ChatResponse> {
  const { run } = call;
  const { model, clock } = run.parts;
  for (let count = 1; ; count++) {
    const { done, value: delta } = await deltas.next();
    if (count % DELTAS_IN_A_ROW === 0) await clock.yieldToIo();
    run.signal.throwIfAborted();
    if (done) break;
    call.firstAt ??= clock.monotonic();
    if (delta.type === 'final') return delta;
    if (delta.type !== 'text') continue;
    run.text += delta.text;
    if (!run.isHeard(ModelTextDeltaEvent)) continue;
    const text = ModelTextDeltaEvent({ modelCallId: call.id, text: delta.text });
    await run.publishInside(text).catch(() => {}); // a bus that stops must not change the answer
  }
  throw new ModelError({
    kind: 'incomplete',
    provider: model.provider,
    message: 'The stream ended without a final message.',
  });
}

function requestOf({ parts }: Run): ChatRequest {
  const { history, tools, maxOutputTokens, temperature } = parts;
  const request = { messages: history.getMessages(), tools: tools.parseToolsToList() };
  if (maxOutputTokens === undefined && temperature === undefined) return request;
  return {
    ...request,
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
  };
}

function estimatedTokens({ messages, maxOutputTokens = 0 }: ChatRequest): number {
  return Math.ceil(JSON.stringify(messages).length / CHARACTERS_PER_TOKEN) + maxOutputTokens;
}

function startedEvent(call: ModelCall, { messages }: ChatRequest): EventMessage {
  const { captureContent } = call.run.parts;
  return ModelCallStartedEvent({ ...headOf(call), ...(captureContent && { input: messages }) });
}

function finishedEvent(call: ModelCall, response: ChatResponse): EventMessage {
  const { usage, finishReason, responseId, responseModel, message } = response;
  const { cost, ...tokens } = usage;
  return ModelCallFinishedEvent({
    ...headOf(call),
    success: true,
    finishReason,
    usage: tokens,
    ...(cost !== undefined && { cost }),
    ...(responseId !== undefined && { responseId }),
    ...(responseModel !== undefined && { responseModel }),
    ...(call.run.parts.captureContent && { output: message }),
    ...durationsOf(call),
  });
}

function failedEvent(call: ModelCall, thrown: unknown): EventMessage {
  const outcome = { success: false, usage: {}, error: toErrorData(thrown) };
  return ModelCallFinishedEvent({ ...headOf(call), ...outcome, ...durationsOf(call) });
}

function headOf({ id: modelCallId, run }: ModelCall) {
  const { provider, model } = run.parts.model;
  return { modelCallId, provider, model, step: run.step };
}

function durationsOf({ run, startedAt, firstAt }: ModelCall) {
  return {
    durationMs: run.parts.clock.monotonic() - startedAt,
    ...(firstAt !== undefined && { timeToFirstChunkMs: firstAt - startedAt }),
  };
}
