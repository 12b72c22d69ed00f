import type { ChatDelta, ChatModel, ChatRequest, ChatResponse } from '../chat-model.ts';
import type { ModelToolCall } from '../chat-message.ts';
import { ScriptMismatchError } from '../errors.ts';
import type { Usage } from '../usage.ts';

/** One answer of a script. */
export interface ScriptedAnswer {
  readonly text?: string;
  /** The same text in these pieces. */
  readonly deltas?: readonly string[];
  readonly toolCalls?: readonly (Pick<ModelToolCall, 'name'> & {
    readonly id?: string;
    /** Objects are written as JSON. */
    readonly arguments?: unknown;
  })[];
  readonly finishReason?: ChatResponse['finishReason'];
  readonly refusal?: string;
  readonly usage?: Usage;
  /** Thrown instead of answering. */
  readonly error?: Error;
}

/** A step of a script: an answer, or how to make it from what was asked. */
export type ScriptStep =
  | ScriptedAnswer
  | ((request: ChatRequest) => ScriptedAnswer | Promise<ScriptedAnswer>);

/** A chat model that answers by a script. */
export interface ScriptedChatModel extends ChatModel {
  /** What it was asked so far. */
  readonly requests: readonly ChatRequest[];
  /** @throws ScriptMismatchError when answers are left */
  assertComplete(): void;
}

/** Makes a chat model that gives these answers in turn; one call too many fails. */
export function scriptedChatModel(
  script: readonly ScriptStep[],
  {
    provider = 'scripted',
    model = 'scripted',
  }: { readonly provider?: string; readonly model?: string } = {},
): ScriptedChatModel {
  const requests: ChatRequest[] = [];

  return {
    provider,
    model,
    requests,
    async generate(request, { signal } = {}) {
      return toResponse(await next(request, signal));
    },
    async *stream(request, { signal } = {}): AsyncGenerator<ChatDelta, void, undefined> {
      const answer = await next(request, signal);
      const { deltas = answer.text === undefined ? [] : [answer.text] } = answer;
      for (const text of deltas) {
        signal?.throwIfAborted();
        yield { type: 'text', text };
      }
      yield { type: 'final', ...toResponse(answer) };
    },
    assertComplete() {
      const left = script.length - requests.length;
      if (left > 0)
        throw new ScriptMismatchError(`${left} of ${script.length} answers were never asked for.`);
    },
  };

  async function next(
    request: ChatRequest,
    signal: AbortSignal | undefined,
  ): Promise<ScriptedAnswer> {
    signal?.throwIfAborted();
    const step = script[requests.length];
    requests.push(request);
    if (!step) {
      throw new ScriptMismatchError(
        `call ${requests.length} was made, but the script ends after ${script.length}.`,
      );
    }
    const answer = typeof step === 'function' ? await step(request) : step;
    signal?.throwIfAborted();
    if (answer.error) throw answer.error;
    return answer;
  }
}

function toResponse(answer: ScriptedAnswer): ChatResponse {
  const { toolCalls = [], refusal, deltas, text = deltas?.join('') } = answer;
  return {
    message: {
      role: 'assistant',
      content: text ?? null,
      toolCalls: toolCalls.map(({ id, name, arguments: args = {} }, index) => ({
        id: id ?? `call_${index + 1}`,
        name,
        arguments: typeof args === 'string' ? args : JSON.stringify(args),
      })),
      ...(refusal !== undefined && { refusal }),
    },
    finishReason: answer.finishReason ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop'),
    usage: answer.usage ?? {},
  };
}
