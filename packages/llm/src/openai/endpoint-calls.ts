import type { Clock } from '@llmgine/core/timing';
import type OpenAI from 'openai';
import type { ChatDelta, ChatRequest, ChatResponse } from '../chat-model.ts';
import { ModelError, type ModelErrorKind } from '../errors.ts';
import { costOf, type ModelPrice } from '../usage.ts';
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

/** Single calls to one endpoint, without retries; whatever goes wrong becomes a `ModelError`. */
export class EndpointCalls {
  readonly #endpoint: EndpointOptions;

  constructor(endpoint: EndpointOptions) {
    this.#endpoint = endpoint;
  }

  /** Asks for a whole answer. */
  async generate(request: ChatRequest, signal: AbortSignal | undefined): Promise<ChatResponse> {
    using guard = this.#guard(signal);
    try {
      const { data, response } = await this.#create(request, guard, false).withResponse();
      const accumulator = createStreamAccumulator(this.#endpoint.compat);
      accumulator.push(this.#checkedBody(data, response));
      return this.#priced(accumulator.finish(), response);
    } catch (thrown) {
      throw this.#named(thrown, guard, signal);
    }
  }

  /** Asks for an answer in pieces. */
  async *stream(
    request: ChatRequest,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ChatDelta, void, undefined> {
    using guard = this.#guard(signal);
    try {
      const { data, response } = await this.#create(request, guard, true).withResponse();
      await this.#refuseWholeAnswer(response);
      const accumulator = createStreamAccumulator(this.#endpoint.compat);
      for await (const chunk of data as unknown as AsyncIterable<unknown>) {
        guard.heard();
        for (const delta of accumulator.push(chunk)) yield delta;
      }
      // The SDK ends an aborted stream as if it were complete.
      if (guard.signal.aborted) throw guard.signal.reason;
      yield { type: 'final', ...this.#priced(accumulator.finish(), response) };
    } catch (thrown) {
      throw this.#named(thrown, guard, signal);
    }
  }

  #guard(signal: AbortSignal | undefined): CallGuard {
    const { idleTimeoutMs, clock } = this.#endpoint;
    return createCallGuard({ signal, idleTimeoutMs, clock });
  }

  #create(request: ChatRequest, { signal }: CallGuard, stream: boolean) {
    const { client, model, compat } = this.#endpoint;
    const body = encodeRequest(request, { model, compat, stream });
    return client.chat.completions.create(
      body as unknown as OpenAI.ChatCompletionCreateParamsStreaming,
      { signal, maxRetries: 0 },
    );
  }

  #checkedBody(body: unknown, response: Response): unknown {
    if (body === undefined || body === null || body === '') {
      throw this.#error('empty', response, 'The endpoint answered with an empty body.');
    }
    if (!isPlainObject(body)) throw this.#notTheProtocol(body, response);
    return body;
  }

  /** A plain JSON answer to a stream request is an error in disguise, or an endpoint that cannot stream. */
  async #refuseWholeAnswer(response: Response): Promise<void> {
    const contentType = response.headers.get('content-type') ?? '';
    if (!/json|html/i.test(contentType)) return;
    const text = await response.text();
    if (text.trim() === '') this.#checkedBody('', response);
    const body = parsed(text);
    if (!isPlainObject(body)) throw this.#notTheProtocol(text, response);
    const { compat, clock } = this.#endpoint;
    const source = { provider: compat.provider, headers: response.headers, now: clock.now() };
    const disguised = errorInBody(body, source);
    if (disguised) throw disguised;
    if (!Array.isArray(body['choices'])) throw errorOfResponse(body, source);
    throw this.#error(
      'malformed',
      response,
      'The endpoint answered a stream request with one whole answer. Set compat.streaming to false for it.',
    );
  }

  #notTheProtocol(body: unknown, response: Response): ModelError {
    const { provider } = this.#endpoint.compat;
    const said = errorOfResponse(body, { provider, status: response.status }).message.slice(0, 200);
    return this.#error(
      'malformed',
      response,
      `The answer is not of the Chat Completions protocol: ${said}`,
    );
  }

  #error(kind: ModelErrorKind, { status }: Response, message: string): ModelError {
    return new ModelError({ kind, provider: this.#endpoint.compat.provider, status, message });
  }

  #priced(answer: ChatResponse, { headers }: Response): ChatResponse {
    const { price } = this.#endpoint;
    const cost =
      answer.usage.cost ?? costInHeader(headers) ?? (price && costOf(answer.usage, price));
    return cost === undefined ? answer : { ...answer, usage: { ...answer.usage, cost } };
  }

  /** The caller's abort passes with its reason; everything else gets its name. */
  #named(thrown: unknown, guard: CallGuard, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    const { client, compat, clock, idleTimeoutMs } = this.#endpoint;
    const { provider } = compat;
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
