import type { Clock } from '@llmgine/core/timing';
import type OpenAI from 'openai';
import type { ChatDelta, ChatRequest, ChatResponse } from '../chat-model.ts';
import { ModelError } from '../errors.ts';
import { costOf, type ModelPrice, type Usage } from '../usage.ts';
import { createCallGuard, type CallGuard } from './call-guard.ts';
import { toModelError } from './client-error.ts';
import { encodeRequest } from './encode-request.ts';
import type { EndpointCompat } from './endpoint-compat.ts';
import { isPlainObject } from './plain-object.ts';
import { errorInBody, errorOfResponse } from './provider-error.ts';
import { createStreamAccumulator } from './stream-accumulator.ts';

/** One endpoint and how to call it. */
export interface EndpointOptions {
  readonly client: OpenAI;
  readonly model: string;
  readonly compat: EndpointCompat;
  readonly price: ModelPrice | undefined;
  readonly idleTimeoutMs: number;
  readonly clock: Clock;
}

/** Single calls, without retries. */
export interface EndpointCalls {
  generate(request: ChatRequest, signal: AbortSignal | undefined): Promise<ChatResponse>;
  stream(
    request: ChatRequest,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ChatDelta, void, undefined>;
}

/** Makes the calls of one endpoint; whatever goes wrong becomes a `ModelError`. */
export function createEndpointCalls(endpoint: EndpointOptions): EndpointCalls {
  const { client, model, compat, idleTimeoutMs, clock } = endpoint;
  const { provider } = compat;
  return { generate, stream };

  async function generate(
    request: ChatRequest,
    signal: AbortSignal | undefined,
  ): Promise<ChatResponse> {
    using guard = createCallGuard({ signal, idleTimeoutMs, clock });
    try {
      const { data, response } = await create(request, { guard, stream: false }).withResponse();
      const accumulator = createStreamAccumulator({
        provider,
        finishReasonOptional: compat.finishReasonOptional,
      });
      accumulator.push(checkedBody(data, response));
      return priced(accumulator.finish(), response);
    } catch (thrown) {
      throw named(thrown, { guard, signal });
    }
  }

  async function* stream(
    request: ChatRequest,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ChatDelta, void, undefined> {
    using guard = createCallGuard({ signal, idleTimeoutMs, clock });
    try {
      const { data, response } = await create(request, { guard, stream: true }).withResponse();
      await refuseWholeAnswer(response);
      const accumulator = createStreamAccumulator({
        provider,
        finishReasonOptional: compat.finishReasonOptional,
      });
      for await (const chunk of data as AsyncIterable<unknown>) {
        guard.heard();
        for (const delta of accumulator.push(chunk)) yield delta;
      }
      if (guard.signal.aborted) throw guard.signal.reason; // the SDK ends an aborted stream as if it were complete
      yield { type: 'final', ...priced(accumulator.finish(), response) };
    } catch (thrown) {
      throw named(thrown, { guard, signal });
    }
  }

  function create(request: ChatRequest, { guard, stream }: { guard: CallGuard; stream: boolean }) {
    const body = encodeRequest(request, {
      model,
      compat,
      stream,
    }) as unknown as OpenAI.ChatCompletionCreateParams;
    return client.chat.completions.create(body, { signal: guard.signal, maxRetries: 0 });
  }

  function checkedBody(body: unknown, response: Response): unknown {
    if (body == null || body === '') {
      throw new ModelError({
        kind: 'empty',
        provider,
        status: response.status,
        message: 'The endpoint answered with an empty body.',
      });
    }
    if (!isPlainObject(body)) throw notTheProtocol(String(body), response);
    return body;
  }

  /** A plain JSON answer to a stream request is an error in disguise, or an endpoint that cannot stream. */
  async function refuseWholeAnswer(response: Response): Promise<void> {
    const contentType = response.headers.get('content-type') ?? '';
    if (!/json|html/i.test(contentType)) return;
    const text = await response.text();
    if (text.trim() === '') checkedBody('', response);
    const body = parsed(text);
    if (!isPlainObject(body)) throw notTheProtocol(text, response);
    const source = { provider, headers: response.headers, now: clock.now() };
    const disguised = errorInBody(body, source);
    if (disguised) throw disguised;
    if (!Array.isArray(body['choices'])) throw errorOfResponse(body, source);
    throw new ModelError({
      kind: 'malformed',
      provider,
      status: response.status,
      message:
        'The endpoint answered a stream request with one whole answer. Set compat.streaming to false for it.',
    });
  }

  function notTheProtocol(text: string, { status }: Response): ModelError {
    const found = errorOfResponse(text, { provider, status });
    const message = `The answer is not of the Chat Completions protocol: ${found.message.slice(0, 200)}`;
    return new ModelError({ kind: 'malformed', provider, status, message });
  }

  function priced(answer: ChatResponse, { headers }: Response): ChatResponse {
    const cost =
      answer.usage.cost ??
      costInHeader(headers) ??
      (endpoint.price && costOf(answer.usage, endpoint.price));
    return cost === undefined
      ? answer
      : { ...answer, usage: { ...answer.usage, cost } satisfies Usage };
  }

  /** The caller's abort passes with its reason; everything else gets its name. */
  function named(
    thrown: unknown,
    { guard, signal }: { guard: CallGuard; signal: AbortSignal | undefined },
  ): unknown {
    if (signal?.aborted) return signal.reason;
    if (guard.timedOut) {
      const message = `The endpoint at ${client.baseURL} was silent for ${idleTimeoutMs} ms.`;
      return new ModelError({ kind: 'timeout', provider, message, cause: thrown });
    }
    return toModelError(thrown, { provider, baseUrl: client.baseURL, now: clock.now() });
  }
}

/** LiteLLM says what a call cost in a header. */
function costInHeader(headers: Headers): number | undefined {
  const header = headers.get('x-litellm-response-cost');
  const cost = Number(header);
  return header === null || header.trim() === '' || !Number.isFinite(cost) ? undefined : cost;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
