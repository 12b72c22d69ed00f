import OpenAI from 'openai';
import { createFakeClock } from '@llmgine/testing';
import { describe, expect, it } from 'vitest';
import {
  completionChunks,
  jsonResponse,
  sseResponse,
  startReplayServer,
  type ReplayScript,
} from '../testing/index.ts';
import type { ChatDelta } from '../chat-model.ts';
import { ModelError } from '../errors.ts';
import { openAiChatModel, type OpenAiChatModelOptions } from './open-ai-chat-model.ts';

async function against(script: ReplayScript, options: Partial<OpenAiChatModelOptions> = {}) {
  const server = await startReplayServer(script);
  const client = new OpenAI({ baseURL: server.baseUrl, apiKey: 'test', logLevel: 'off' });
  return { server, model: openAiChatModel({ client, model: 'm', ...options }) };
}

async function collect(stream: AsyncIterable<ChatDelta>): Promise<ChatDelta[]> {
  const deltas: ChatDelta[] = [];
  for await (const delta of stream) deltas.push(delta);
  return deltas;
}

const question = { messages: [{ role: 'user' as const, content: 'hi' }] };

describe('openAiChatModel', () => {
  it('streams deltas and ends with the whole answer', async () => {
    const { server, model } = await against([
      sseResponse(
        completionChunks({
          deltas: ['Hel', 'lo'],
          usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
        }),
      ),
    ]);
    await using _ = server;

    const deltas = await collect(model.stream(question));

    expect(deltas.map(({ type }) => type)).toEqual(['text', 'text', 'final']);
    expect(deltas.at(-1)).toMatchObject({
      message: { content: 'Hello', toolCalls: [] },
      finishReason: 'stop',
      usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    });
  });
});
