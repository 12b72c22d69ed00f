import { createMessageBus } from '@llmgine/core';
import { createToolChatEngine, ToolChatEngineCommand } from '@llmgine/engine';
import {
  createChatHistory,
  ModelTextDeltaEvent,
  type ChatDelta,
  type ChatModel,
  type ChatResponse,
} from '@llmgine/llm';
import { accumulateChatCompletion } from '@llmgine/llm/openai';
import { attachTools, createToolManager, defineTool } from '@llmgine/tools';
import { z } from 'zod';
import type { Prepared } from '../../case.ts';

const CALL = { id: 'call_1', name: 'add', arguments: '{"a":1,"b":2}' };
const USAGE = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const CALLING: ChatResponse = {
  message: { role: 'assistant', content: null, toolCalls: [CALL] },
  finishReason: 'tool_calls',
  usage: USAGE,
};
const ANSWERING: ChatResponse = {
  message: { role: 'assistant', content: '3', toolCalls: [] },
  finishReason: 'stop',
  usage: USAGE,
};

/** A model that calls a tool, then answers; no I/O. */
function twoStepModel(): ChatModel {
  let calls = 0;
  const next = (): ChatResponse => (calls++ % 2 === 0 ? CALLING : ANSWERING);
  return {
    provider: 'fake',
    model: 'fake',
    generate: async () => next(),
    stream: () => onlyFinal({ type: 'final', ...next() }),
  };
}

/** As light as the peers' fake models, which are one resolved promise; an async generator would be counted as ours. */
function onlyFinal(final: ChatDelta): AsyncIterableIterator<ChatDelta> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => Promise.resolve({ done: false, value: final }),
  };
}

const add = defineTool({
  name: 'add',
  description: 'Adds.',
  effect: 'read',
  input: z.object({ a: z.number(), b: z.number() }),
  execute: async ({ a, b }) => a + b,
});

/** One prompt, one tool round, on the full bus with its default options: tools as commands; nobody listens, as at the peers. */
export async function engineTurn(): Promise<Prepared> {
  const bus = createMessageBus();
  await bus.start();
  const tools = createToolManager();
  tools.registerTool(add);
  attachTools(bus, tools);
  const history = createChatHistory();
  createToolChatEngine({ bus, model: twoStepModel(), tools, history });

  return {
    async run(operations) {
      for (let done = 0; done < operations; done++) {
        history.clear();
        const outcome = await bus.execute(ToolChatEngineCommand({ prompt: 'What is 1 + 2?' }));
        if (!outcome.success || outcome.result.text !== '3') throw new Error('wrong answer');
        await bus.waitForEvents();
      }
    },
  };
}

/** The same work in a loop without engine, bus or events. */
export function handWritten(): Prepared {
  const model = twoStepModel();

  return {
    async run(operations) {
      for (let done = 0; done < operations; done++) {
        const messages: unknown[] = [{ role: 'user', content: 'What is 1 + 2?' }];
        for (;;) {
          const { message } = await model.generate({ messages: [] });
          messages.push(message);
          if (message.toolCalls.length === 0) break;
          const args = JSON.parse(message.toolCalls[0]!.arguments) as { a: number; b: number };
          messages.push({ role: 'tool', content: String(await add.execute(args, {} as never)) });
        }
      }
    },
  };
}

const DELTAS = 10_000;

/** An answer of many deltas through accumulator, engine and bus to a sink; one operation is one delta. */
export async function streamedDeltas(): Promise<Prepared> {
  const bus = createMessageBus();
  await bus.start();
  const chunks = [
    ...Array.from({ length: DELTAS }, () => ({
      choices: [{ index: 0, delta: { content: 'word ' } }],
    })),
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ];
  const model: ChatModel = {
    provider: 'fake',
    model: 'fake',
    generate: () => Promise.reject(new Error('not used')),
    stream: () => accumulateChatCompletion(chunks),
  };
  const history = createChatHistory();
  createToolChatEngine({ bus, model, tools: createToolManager(), history });
  let written = 0;
  bus.registerEventHandler(ModelTextDeltaEvent, ({ data }) => void (written += data.text.length));

  return {
    step: DELTAS,
    async run(operations) {
      for (let done = 0; done < operations; done += DELTAS) {
        history.clear();
        written = 0;
        await bus.execute(ToolChatEngineCommand({ prompt: 'Tell me.' }));
        await bus.waitForEvents();
        if (written !== DELTAS * 5) throw new Error('deltas are missing');
      }
    },
  };
}
