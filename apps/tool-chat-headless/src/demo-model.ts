import type { ChatMessage } from '@llmgine/llm';
import {
  completionChunks,
  jsonResponse,
  sseResponse,
  startReplayServer,
  type ReceivedRequest,
  type ReplayResponse,
  type ReplayServer,
} from '@llmgine/llm/testing';
import { planRounds, type PlannedCall } from './demo-rules.ts';

/** Names the demo model in requests and on the screen. */
export const DEMO_MODEL = 'demo-rules';

interface DemoRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
  readonly stream?: boolean;
}

/** Starts a model that answers by rules, on loopback and over the real protocol, so that everything runs without a key. */
export function startDemoModel(): Promise<ReplayServer> {
  return startReplayServer(answer);
}

function answer({ body }: ReceivedRequest): ReplayResponse {
  const { messages, tools = [], stream } = body as DemoRequest;
  const names = new Set(tools.map(({ function: { name } }) => name));
  const turn = messages.slice(messages.findLastIndex(({ role }) => role === 'user'));
  const calls = nextRound(turn).filter(({ name }) => names.has(name));
  const text = calls.length > 0 ? '' : compose(turn);
  return stream === false || stream === undefined ? whole(text, calls) : streamed(text, calls);
}

/** What is still to be called: a round for each time that the model has called tools in this turn. */
function nextRound([prompt, ...since]: readonly ChatMessage[]): readonly PlannedCall[] {
  const rounds = since.filter(({ role }) => role === 'assistant').length;
  return (prompt && planRounds(textOf(prompt))[rounds]) ?? [];
}

/** The wording of a model that has the results it asked for. */
function compose(turn: readonly ChatMessage[]): string {
  const results = turn.filter(({ role }) => role === 'tool').map(textOf);
  if (results.length > 0)
    return `Here is what I found:\n${results.map((result) => `- ${result}`).join('\n')}`;
  return 'I am a demo that answers by rules. Ask me about the weather in a city, some arithmetic, or to search for something; or set OPENAI_API_KEY to talk to a real model.';
}

function streamed(text: string, calls: readonly PlannedCall[]): ReplayResponse {
  const deltas = text.match(/\S+\s*|\s+/g) ?? [];
  const usage = usageOf(text, calls);
  return sseResponse(
    completionChunks({ deltas, toolCalls: calls.map(toWire), usage, model: DEMO_MODEL }),
  );
}

function whole(text: string, calls: readonly PlannedCall[]): ReplayResponse {
  const toolCalls = calls.map(toWire).map(({ id, name, arguments: args }) => ({
    id,
    type: 'function',
    function: { name, arguments: args },
  }));
  return jsonResponse({
    id: 'chatcmpl-demo',
    object: 'chat.completion',
    model: DEMO_MODEL,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text || null,
          ...(calls.length > 0 && { tool_calls: toolCalls }),
        },
        finish_reason: calls.length > 0 ? 'tool_calls' : 'stop',
      },
    ],
  });
}

function toWire({ name, arguments: args }: PlannedCall, index: number) {
  return { id: `call_demo_${index + 1}`, name, arguments: JSON.stringify(args) };
}

/** One token per word, as far as a demo can tell. */
function usageOf(text: string, calls: readonly PlannedCall[]) {
  const outputTokens = text.split(/\s+/).filter(Boolean).length + calls.length * 8;
  return { inputTokens: 50, outputTokens, totalTokens: 50 + outputTokens };
}

function textOf({ content }: ChatMessage): string {
  return typeof content === 'string' ? content : JSON.stringify(content);
}
