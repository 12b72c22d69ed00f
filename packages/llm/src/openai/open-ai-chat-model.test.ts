import { createServer } from 'node:net';
import { once } from 'node:events';
import { InvalidOptionsError } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { ChatDelta } from '../chat-model.ts';
import { ModelError } from '../errors.ts';
import {
  completionChunks,
  jsonResponse,
  sseResponse,
  startReplayServer,
  type ReplayScript,
} from '../testing/index.ts';
import { endpointCompatFor } from './endpoint-compat.ts';
import { openAiChatModel, type OpenAiChatModelOptions } from './open-ai-chat-model.ts';

async function against(script: ReplayScript, options: Partial<OpenAiChatModelOptions> = {}) {
  const server = await startReplayServer(script);
  const client = new OpenAI({ baseURL: server.baseUrl, apiKey: 'test', logLevel: 'off' });
  return { server, model: openAiChatModel({ client, model: 'm', maxRetries: 0, ...options }) };
}

async function collect(stream: AsyncIterable<ChatDelta>): Promise<ChatDelta[]> {
  const deltas: ChatDelta[] = [];
  for await (const delta of stream) deltas.push(delta);
  return deltas;
}

async function failureOf(promise: Promise<unknown>): Promise<ModelError> {
  const thrown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(ModelError);
  return thrown as ModelError;
}

const question = { messages: [{ role: 'user' as const, content: 'hi' }] };
const hello = sseResponse(
  completionChunks({
    deltas: ['Hel', 'lo'],
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  }),
);

describe('openAiChatModel', () => {
  it('14.3 streams deltas and ends with the whole answer', async () => {
    const { server, model } = await against([hello]);
    await using _ = server;

    const deltas = await collect(model.stream(question));

    expect(deltas.map(({ type }) => type)).toEqual(['text', 'text', 'final']);
    expect(deltas.at(-1)).toMatchObject({
      message: { content: 'Hello', toolCalls: [] },
      finishReason: 'stop',
      usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    });
  });

  it('asks for usage, and sends the tools', async () => {
    const { server, model } = await against([hello]);
    await using _ = server;
    const tools = [{ type: 'function' as const, function: { name: 'go' } }];

    await collect(model.stream({ ...question, tools }));

    expect(server.requests[0]!.body).toMatchObject({
      model: 'm',
      stream: true,
      stream_options: { include_usage: true },
      tools,
    });
  });

  it('14.3 generates a whole answer', async () => {
    const { server, model } = await against([
      jsonResponse({
        id: 'c',
        choices: [
          { index: 0, message: { role: 'assistant', content: 'yo' }, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      }),
    ]);
    await using _ = server;

    expect(await model.generate(question)).toMatchObject({
      message: { content: 'yo' },
      usage: { totalTokens: 2 },
    });
  });

  it('14.7 reads the cost from the header of a LiteLLM proxy', async () => {
    const { server, model } = await against([
      {
        ...hello,
        headers: { 'content-type': 'text/event-stream', 'x-litellm-response-cost': '0.0042' },
      },
    ]);
    await using _ = server;

    expect((await collect(model.stream(question))).at(-1)).toMatchObject({
      usage: { cost: 0.0042 },
    });
  });

  it('14.7 works the cost out from a price list', async () => {
    const { server, model } = await against([hello], {
      price: { input: 1_000_000, output: 2_000_000 },
    });
    await using _ = server;

    expect((await collect(model.stream(question))).at(-1)).toMatchObject({ usage: { cost: 7 } });
  });

  it.each([
    [
      'an error object in an HTTP 200',
      jsonResponse({ error: { message: 'Bad things', code: 'server_error' } }),
      'overloaded',
      'Bad things',
    ],
    [
      'plain JSON to a stream request',
      jsonResponse({ choices: [{ message: { content: 'x' }, finish_reason: 'stop' }] }),
      'malformed',
      'compat.streaming',
    ],
    [
      'an empty body',
      { headers: { 'content-type': 'application/json' }, body: '' },
      'empty',
      'empty body',
    ],
    ['an empty stream', { body: '' }, 'empty', 'without saying'],
    ['only [DONE]', { body: 'data: [DONE]\n\n' }, 'empty', 'without saying'],
    [
      'a stream without a finish reason',
      { body: 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n' },
      'incomplete',
      'broke off',
    ],
    [
      'HTML',
      {
        headers: { 'content-type': 'text/html' },
        body: '<html><body>Welcome to nginx</body></html>',
      },
      'malformed',
      'nginx',
    ],
    ['half an event', { body: 'data: {"choices":[{"delta":{"con\n\n' }, 'malformed', 'JSON'],
    [
      'a broken connection',
      { body: 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', afterwards: 'destroy' as const },
      'connection',
      'Cannot talk',
    ],
  ])('14.5 finds %s', async (_name, response, kind, says) => {
    const { server, model } = await against([response]);
    await using _ = server;

    const error = await failureOf(collect(model.stream(question)));

    expect(error.kind).toBe(kind);
    expect(error.message).toContain(says);
  });

  it.each([
    [
      401,
      { error: { message: 'Incorrect API key provided', code: 'invalid_api_key' } },
      'authentication',
      false,
    ],
    [402, { error: { message: 'Insufficient Balance' } }, 'quota', false],
    [403, { error: { message: 'Country not supported' } }, 'authentication', false],
    [
      404,
      { error: { message: 'The model `x` does not exist', code: 'model_not_found' } },
      'not-found',
      false,
    ],
    [
      400,
      {
        error: {
          message: "This model's maximum context length is 8192 tokens",
          code: 'context_length_exceeded',
        },
      },
      'context-overflow',
      false,
    ],
    [
      400,
      { error: { message: 'The response was filtered', code: 'content_filter' } },
      'content-filter',
      false,
    ],
    [
      400,
      { error: { message: 'Failed to call a function', code: 'tool_use_failed' } },
      'tool-call-refused',
      false,
    ],
    [422, { detail: [{ msg: 'field required' }] }, 'invalid-request', false],
    [429, { error: { message: 'Rate limit reached' } }, 'rate-limit', true],
    [
      429,
      { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } },
      'quota',
      false,
    ],
    [500, { error: { message: 'boom' } }, 'overloaded', true],
    [503, { error: { message: 'Loading model' } }, 'overloaded', true],
    [529, { error: { message: 'Overloaded' } }, 'overloaded', true],
    [408, {}, 'timeout', true],
  ] as const)('14.6 tells HTTP %i %j', async (status, body, kind, retryable) => {
    const { server, model } = await against([jsonResponse(body, { status })]);
    await using _ = server;

    const error = await failureOf(collect(model.stream(question)));

    expect(error).toMatchObject({ kind, retryable, status });
  });

  it('14.6 waits as long as Retry-After says, then asks again', async () => {
    const clock = createFakeClock();
    const { server, model } = await against(
      [
        jsonResponse(
          { error: { message: 'slow down' } },
          { status: 429, headers: { 'retry-after': '30' } },
        ),
        hello,
      ],
      { clock, maxRetries: 1 },
    );
    await using _ = server;

    const answer = collect(model.stream(question));
    await waitFor(() => server.requests.length === 1 && clock.pendingTimers === 1);
    await clock.advanceAsync(29_999);
    expect(server.requests).toHaveLength(1);
    await clock.advanceAsync(1);

    expect((await answer).at(-1)).toMatchObject({ message: { content: 'Hello' } });
  });

  it('14.6 fails at once when Retry-After is two hours, and says so', async () => {
    const { server, model } = await against(
      [
        jsonResponse(
          { error: { message: 'slow down' } },
          { status: 429, headers: { 'retry-after': '7200' } },
        ),
      ],
      { maxRetries: 5 },
    );
    await using _ = server;

    expect(await failureOf(collect(model.stream(question)))).toMatchObject({
      kind: 'rate-limit',
      retryAfterMs: 7_200_000,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('14.6 reads a Retry-After that is a date, and one in milliseconds', async () => {
    const clock = createFakeClock({ now: Date.parse('2026-01-01T00:00:00Z') });
    const date = { status: 429, headers: { 'retry-after': 'Thu, 01 Jan 2026 03:00:00 GMT' } };
    const { server, model } = await against(
      [
        jsonResponse({}, date),
        jsonResponse({}, { status: 429, headers: { 'retry-after-ms': '120.5' } }),
      ],
      { clock },
    );
    await using _ = server;

    expect((await failureOf(model.generate(question))).retryAfterMs).toBe(3 * 3_600_000);
    expect((await failureOf(model.generate(question))).retryAfterMs).toBe(121);
  });

  it('never asks again once something of the answer was given on', async () => {
    const { server, model } = await against(
      [{ body: 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', afterwards: 'destroy' }, hello],
      { maxRetries: 3 },
    );
    await using _ = server;

    await failureOf(collect(model.stream(question)));

    expect(server.requests).toHaveLength(1);
  });

  it('gives up on an endpoint that accepts and says nothing', async () => {
    const clock = createFakeClock();
    const { server, model } = await against([{ body: '', afterwards: 'hang' }], {
      clock,
      idleTimeoutMs: 5_000,
    });
    await using _ = server;

    const failure = failureOf(collect(model.stream(question)));
    await waitFor(() => server.requests.length === 1);
    await clock.advanceAsync(5_000);

    expect(await failure).toMatchObject({ kind: 'timeout', retryable: true });
  });

  it('names an address where nobody listens', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    const client = new OpenAI({
      baseURL: `http://127.0.0.1:${port}/v1`,
      apiKey: 'x',
      logLevel: 'off',
    });

    const error = await failureOf(
      openAiChatModel({ client, model: 'm', maxRetries: 0 }).generate(question),
    );

    expect(error).toMatchObject({ kind: 'connection', retryable: true });
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('rejects with the reason when its caller aborts', async () => {
    const { server, model } = await against([
      { body: 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', afterwards: 'hang' },
    ]);
    await using _ = server;
    const controller = new AbortController();

    const reading = (async () => {
      for await (const delta of model.stream(question, { signal: controller.signal })) {
        if (delta.type === 'text') controller.abort(new Error('enough'));
      }
    })();

    await expect(reading).rejects.toThrow('enough');
  });

  it('asks for a whole answer where the endpoint does not stream', async () => {
    const { server, model } = await against(
      [jsonResponse({ choices: [{ message: { content: 'yo' }, finish_reason: 'stop' }] })],
      { compat: { streaming: false } },
    );
    await using _ = server;

    expect((await collect(model.stream(question))).map(({ type }) => type)).toEqual([
      'text',
      'final',
    ]);
    expect(server.requests[0]!.body).not.toHaveProperty('stream');
  });

  it('writes requests as the endpoint wants them', async () => {
    const compat = { ...endpointCompatFor('https://api.mistral.ai/v1'), streamUsage: false };
    const { server, model } = await against([hello], { compat });
    await using _ = server;
    const toolCall = {
      id: 'call_with_a_long_id',
      type: 'function' as const,
      function: { name: 'go', arguments: '{}' },
    };

    await collect(
      model.stream({
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: null, tool_calls: [toolCall], reasoning_content: 'hm' },
          { role: 'tool', tool_call_id: toolCall.id, content: '1' },
        ],
        maxOutputTokens: 10,
      }),
    );

    const body = server.requests[0]!.body as {
      messages: { content: string; tool_call_id: string; tool_calls: { id: string }[] }[];
    };
    const sentId = body.messages[1]!.tool_calls[0]!.id;
    expect(sentId).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(body.messages[2]!.tool_call_id).toBe(sentId);
    expect(body.messages[1]).not.toHaveProperty('reasoning_content');
    expect(body.messages[1]!.content).toBe('');
    expect(body).toMatchObject({ max_tokens: 10 });
    expect(body).not.toHaveProperty('stream_options');
  });

  it('names all problems of its options at once', () => {
    expect(() => openAiChatModel({ client: {} as never, model: '', maxRetries: -1 })).toThrow(
      InvalidOptionsError,
    );
    expect(() => openAiChatModel({ client: {} as never, model: '', maxRetries: -1 })).toThrow(
      /client.*model.*maxRetries/,
    );
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
