import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChatDelta } from '../src/chat-model.ts';
import { ModelError } from '../src/errors.ts';
import { accumulateChatCompletion, openAiChatModel } from '../src/openai/index.ts';
import { startReplayServer, type ReplayServer } from '../src/testing/index.ts';
import { observedStreams, type ObservedStream } from './observed-streams.ts';

async function outcomeOf(stream: AsyncIterable<ChatDelta>): Promise<ChatDelta[] | ModelError> {
  const deltas: ChatDelta[] = [];
  try {
    for await (const delta of stream) deltas.push(delta);
    return deltas;
  } catch (thrown) {
    if (thrown instanceof ModelError) return thrown;
    throw thrown;
  }
}

function joined(deltas: readonly ChatDelta[], type: 'text' | 'reasoning' | 'refusal'): string {
  return deltas.map((delta) => (delta.type === type ? delta.text : '')).join('');
}

function expectMeaning(observed: ObservedStream, outcome: ChatDelta[] | ModelError): void {
  if (observed.error !== undefined) {
    expect(outcome).toBeInstanceOf(ModelError);
    expect(outcome).toMatchObject({ kind: observed.error });
    if (observed.says) expect((outcome as ModelError).message).toContain(observed.says);
    return;
  }
  if (outcome instanceof ModelError) throw outcome;
  const final = outcome.at(-1);
  if (final?.type !== 'final') throw new Error('no final delta');
  const { message, usage, finishReason, withheldToolCalls } = final;
  expect(message.content ?? '').toBe(observed.text ?? '');
  expect(joined(outcome, 'text')).toBe(observed.text ?? '');
  expect(joined(outcome, 'reasoning')).toBe(observed.reasoning ?? '');
  expect(message.refusal ?? '').toBe(observed.refusal ?? '');
  expect(message.toolCalls.map((call) => `${call.name} ${call.arguments}`)).toEqual(
    observed.calls ?? [],
  );
  if (observed.ids) expect(message.toolCalls.map(({ id }) => id)).toEqual(observed.ids);
  if (observed.finish) expect(finishReason).toBe(observed.finish);
  if (observed.usage) expect(usage).toEqual(observed.usage);
  if (observed.extra) expect(message.extra).toEqual(observed.extra);
  expect(withheldToolCalls?.length ?? 0).toBe(observed.withheld ?? 0);
  expect(new Set(message.toolCalls.map(({ id }) => id)).size).toBe(message.toolCalls.length);
}

async function* fromList(chunks: readonly unknown[]): AsyncGenerator {
  yield* chunks;
}

function asEvents({ chunks }: ObservedStream): Buffer {
  return Buffer.from(
    [...chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`), 'data: [DONE]\n\n'].join(''),
  );
}

/** The same events as an endpoint writes them that uses CRLF, comments and event names. */
function asOddEvents({ chunks }: ObservedStream): Buffer {
  return Buffer.from(
    [
      ': keep-alive\r\n\r\n',
      ...chunks.map((each) => `: PROCESSING\r\ndata: ${JSON.stringify(each)}\r\n\r\n`),
      'data: [DONE]\r\n\r\n',
    ].join(''),
  );
}

describe('accumulateChatCompletion', () => {
  it('is shown at least 60 streams', () => {
    expect(observedStreams.length).toBeGreaterThanOrEqual(60);
    expect(new Set(observedStreams.map(({ name }) => name)).size).toBe(observedStreams.length);
  });

  it('is shown streams of named endpoints only where something public tells of them', () => {
    const named = observedStreams.filter(({ seenAt }) => !/^(a|an|no) /.test(seenAt));

    expect(named.filter(({ trace }) => trace === undefined)).toEqual([]);
    expect(named.length).toBeGreaterThanOrEqual(60);
  });

  describe.each(observedStreams)('$name ($seenAt)', (observed) => {
    it('reads the chunks', async () => {
      expectMeaning(observed, await outcomeOf(accumulateChatCompletion(fromList(observed.chunks))));
    });
  });

  it('keeps a signature with the call that it signs', async () => {
    const observed = observedStreams.find(({ name }) => name === 'a signature on the call')!;

    const outcome = await outcomeOf(accumulateChatCompletion(fromList(observed.chunks)));

    expect(outcome).toMatchObject([
      {
        message: {
          toolCalls: [{ extra: { extra_content: { google: { thought_signature: 's' } } } }],
        },
      },
    ]);
  });
});

describe('openAiChatModel over the real client and a socket', () => {
  let server: ReplayServer;
  let pieces: readonly Uint8Array[] = [];
  let model: ReturnType<typeof openAiChatModel>;

  beforeAll(async () => {
    server = await startReplayServer(() => ({ body: pieces }));
    const client = new OpenAI({ baseURL: server.baseUrl, apiKey: 'test', logLevel: 'off' });
    model = openAiChatModel({ client, model: 'm', maxRetries: 0 });
  });
  afterAll(() => server.close());

  const ask = () => outcomeOf(model.stream({ messages: [{ role: 'user', content: 'hi' }] }));
  // The SDK itself stops at JSON that is no object.
  const sendable = observedStreams.filter(({ chunks }) =>
    chunks.every((each) => typeof each === 'object' && each !== null),
  );

  it.each(sendable)('reads $name ($seenAt)', async (observed) => {
    pieces = [asEvents(observed)];

    expectMeaning(observed, await ask());
  });

  it.each(sendable)('reads $name with CRLF and comments', async (observed) => {
    pieces = [asOddEvents(observed)];

    expectMeaning(observed, await ask());
  });

  const split: readonly ObservedStream[] = [
    {
      name: 'multi-byte text',
      seenAt: 'any',
      chunks: [
        { choices: [{ delta: { content: 'é日🙂' } }] },
        { choices: [{ delta: {}, finish_reason: 'stop' }] },
      ],
      text: 'é日🙂',
    },
    {
      name: 'multi-byte arguments',
      seenAt: 'any',
      chunks: [
        {
          choices: [
            {
              delta: {
                tool_calls: [{ id: 'a', function: { name: 'go', arguments: '{"x":"日🙂"}' } }],
              },
              finish_reason: 'stop',
            },
          ],
        },
      ],
      calls: ['go {"x":"日🙂"}'],
    },
    ...[
      'plain text',
      'no role anywhere',
      'a refusal',
      'arguments in one piece',
      'no id',
      'arguments as an object',
      'finish reason error',
      'an error as a string',
      'content as a list of parts',
      'a second choice mixed in',
      'an answer cut off',
    ].map((name) => observedStreams.find((observed) => observed.name === name)!),
  ];

  it.each(split)(
    'reads $name split at every byte',
    async (observed) => {
      const bytes = (split.indexOf(observed) % 2 === 0 ? asOddEvents : asEvents)(observed);
      for (let at = 1; at < bytes.length; at++) {
        pieces = [bytes.subarray(0, at), bytes.subarray(at)];
        expectMeaning(observed, await ask());
      }
    },
    60_000,
  );
});
