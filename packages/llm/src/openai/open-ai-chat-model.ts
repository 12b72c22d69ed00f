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
import { createEndpointCalls } from './endpoint-calls.ts';
import { endpointCompatFor, type EndpointCompat } from './endpoint-compat.ts';
import { createCallRetry } from './call-retry.ts';

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
  const { client, model, clock = systemClock, price, idleTimeoutMs = 120_000 } = options;
  const compat: EndpointCompat = { ...endpointCompatFor(client.baseURL), ...options.compat };
  const calls = createEndpointCalls({ client, model, compat, price, idleTimeoutMs, clock });
  const retry = createCallRetry({
    maxRetries: options.maxRetries ?? 2,
    maxRetryWaitMs: options.maxRetryWaitMs ?? 60_000,
    clock,
  });

  return { provider: compat.provider, model, generate, stream };

  async function generate(
    request: ChatRequest,
    { signal }: ChatCallOptions = {},
  ): Promise<ChatResponse> {
    for (let failures = 0; ; failures++) {
      try {
        return await calls.generate(request, signal);
      } catch (thrown) {
        await retry.beforeNext(thrown, { failures, signal });
      }
    }
  }

  async function* stream(
    request: ChatRequest,
    { signal }: ChatCallOptions = {},
  ): AsyncGenerator<ChatDelta, void, undefined> {
    for (let failures = 0; ; failures++) {
      let gaveSomething = false;
      try {
        for await (const delta of compat.streaming
          ? calls.stream(request, signal)
          : whole(request, signal)) {
          gaveSomething = true;
          yield delta;
        }
        return;
      } catch (thrown) {
        if (gaveSomething) throw thrown;
        await retry.beforeNext(thrown, { failures, signal });
      }
    }
  }

  async function* whole(
    request: ChatRequest,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ChatDelta, void, undefined> {
    const response = await calls.generate(request, signal);
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
