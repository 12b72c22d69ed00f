import { InvalidOptionsError } from '@llmgine/core';
import { systemClock, type Clock } from '@llmgine/core/timing';
import type OpenAI from 'openai';
import type {
  ChatCallOptions,
  ChatDelta,
  ChatModel,
  ChatRequest,
  ChatResponse,
} from '../chat-model.ts';
import type { ModelPrice } from '../usage.ts';
import { EndpointCalls } from './endpoint-calls.ts';
import { endpointCompatFor, type EndpointCompat } from './endpoint-compat.ts';
import { createCallRetry, type CallRetry } from './call-retry.ts';

/** What a model client needs. */
export interface OpenAiChatModelOptions {
  /** The SDK's client: address and key are its business. Its own retries are not used. */
  readonly client: OpenAI;
  readonly model: string;
  /**
   * How the endpoint differs from the protocol.
   * @default what is known of the client's address
   */
  readonly compat?: Partial<EndpointCompat> | undefined;
  /** For the cost, where the endpoint does not say. */
  readonly price?: ModelPrice | undefined;
  /**
   * Further calls after a failure that may pass, as long as nothing of the answer was given on.
   * @default 2
   */
  readonly maxRetries?: number | undefined;
  /**
   * The longest `Retry-After` that is waited for; a longer one fails at once with `retryAfterMs`.
   * @default 60_000
   */
  readonly maxRetryWaitMs?: number | undefined;
  /**
   * How long the endpoint may be silent.
   * @default 120_000
   */
  readonly idleTimeoutMs?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
}

/**
 * Makes a chat model of any endpoint that speaks the Chat Completions protocol.
 * @throws InvalidOptionsError
 */
export function openAiChatModel(options: OpenAiChatModelOptions): ChatModel {
  checkOptions(options);
  return new OpenAiChatModel(options);
}

class OpenAiChatModel implements ChatModel {
  readonly provider: string;
  readonly model: string;
  readonly #calls: EndpointCalls;
  readonly #retry: CallRetry;
  readonly #streaming: boolean;

  constructor(options: OpenAiChatModelOptions) {
    const { client, model, clock = systemClock, price, idleTimeoutMs = 120_000 } = options;
    const { maxRetries = 2, maxRetryWaitMs = 60_000 } = options;
    const compat: EndpointCompat = { ...endpointCompatFor(client.baseURL), ...options.compat };
    this.provider = compat.provider;
    this.model = model;
    this.#streaming = compat.streaming;
    this.#calls = new EndpointCalls({ client, model, compat, price, idleTimeoutMs, clock });
    this.#retry = createCallRetry({ maxRetries, maxRetryWaitMs, clock });
  }

  async generate(request: ChatRequest, { signal }: ChatCallOptions = {}): Promise<ChatResponse> {
    for (let failures = 0; ; failures++) {
      try {
        return await this.#calls.generate(request, signal);
      } catch (thrown) {
        await this.#retry.beforeNext(thrown, { failures, signal });
      }
    }
  }

  async *stream(
    request: ChatRequest,
    { signal }: ChatCallOptions = {},
  ): AsyncGenerator<ChatDelta, void, undefined> {
    for (let failures = 0; ; failures++) {
      let gaveSomething = false;
      try {
        const deltas = this.#streaming
          ? this.#calls.stream(request, signal)
          : this.#whole(request, signal);
        for await (const delta of deltas) {
          gaveSomething = true;
          yield delta;
        }
        return;
      } catch (thrown) {
        if (gaveSomething) throw thrown;
        await this.#retry.beforeNext(thrown, { failures, signal });
      }
    }
  }

  async *#whole(
    request: ChatRequest,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ChatDelta, void, undefined> {
    const response = await this.#calls.generate(request, signal);
    const { content } = response.message;
    if (content !== null) yield { type: 'text', text: content };
    yield { type: 'final', ...response };
  }
}

function checkOptions(options: OpenAiChatModelOptions): void {
  const { client, model, maxRetries = 0, maxRetryWaitMs = 0, idleTimeoutMs = 1 } = options;
  const problems: string[] = [];
  if (typeof client?.chat?.completions?.create !== 'function')
    problems.push('client must be an OpenAI client');
  if (typeof model !== 'string' || model === '') problems.push('model must name a model');
  if (!Number.isInteger(maxRetries) || maxRetries < 0)
    problems.push(`maxRetries must be a whole number from 0, got ${maxRetries}`);
  if (!(maxRetryWaitMs >= 0))
    problems.push(`maxRetryWaitMs must not be negative, got ${maxRetryWaitMs}`);
  if (!(idleTimeoutMs > 0)) problems.push(`idleTimeoutMs must be positive, got ${idleTimeoutMs}`);
  if (problems.length > 0) throw new InvalidOptionsError('create OpenAI chat model', problems);
}
