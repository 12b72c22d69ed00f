import type { ChatResponse } from '../chat-model.ts';
import type { Usage } from '../usage.ts';
import type { ReplayResponse } from './replay-server.ts';

/** An answer to be written as a stream of the Chat Completions protocol. */
export interface CompletionToStream {
  /** Pieces of the text. */
  readonly deltas?: readonly string[];
  readonly toolCalls?: readonly {
    readonly id: string;
    readonly name: string;
    readonly arguments: string;
  }[];
  /** @default by whether there are tool calls */
  readonly finishReason?: ChatResponse['finishReason'];
  readonly usage?: Usage;
  /** @default 'chatcmpl-replay' */
  readonly id?: string;
  /** @default 'replay' */
  readonly model?: string;
}

/** Writes an answer as the chunks that an endpoint streams. */
export function completionChunks(completion: CompletionToStream): unknown[] {
  const {
    deltas = [],
    toolCalls = [],
    usage,
    id = 'chatcmpl-replay',
    model = 'replay',
  } = completion;
  const finishReason = completion.finishReason ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop');
  const chunk = (delta: unknown, finish: string | null = null): unknown => ({
    id,
    object: 'chat.completion.chunk',
    created: 0,
    model,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  return [
    chunk({ role: 'assistant', content: '' }),
    ...deltas.map((content) => chunk({ content })),
    ...toolCalls.flatMap((call, index) => [
      chunk({
        tool_calls: [
          { index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } },
        ],
      }),
      chunk({ tool_calls: [{ index, function: { arguments: call.arguments } }] }),
    ]),
    chunk({}, finishReason),
    ...(usage
      ? [
          {
            id,
            object: 'chat.completion.chunk',
            created: 0,
            model,
            choices: [],
            usage: wireUsage(usage),
          },
        ]
      : []),
  ];
}

/** Writes chunks as server-sent events, each a piece of its own. */
export function sseResponse(
  chunks: Iterable<unknown>,
  response: Omit<ReplayResponse, 'body'> = {},
): ReplayResponse {
  const events = [...chunks].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  return {
    ...response,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', ...response.headers },
    body: [...events, 'data: [DONE]\n\n'],
  };
}

function wireUsage({ inputTokens, outputTokens, totalTokens }: Usage): unknown {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: totalTokens };
}
