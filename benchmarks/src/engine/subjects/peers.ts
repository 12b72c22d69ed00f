import { tool as langChainTool } from '@langchain/core/tools';
import { AIMessage } from '@langchain/core/messages';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { createReactAgent } from '@langchain/langgraph/prebuilt';
import { Agent, Runner, Usage, tool as agentTool, type Model } from '@openai/agents';
import { generateText, isStepCount, tool } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { z } from 'zod';
import type { Prepared } from '../../case.ts';

const PROMPT = 'What is 1 + 2?';
const parameters = z.object({ a: z.number(), b: z.number() });
const addUp = async ({ a, b }: { a: number; b: number }): Promise<number> => a + b;

async function repeated(operations: number, once: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < operations; done++) {
    const answer = await once();
    if (answer !== '3') throw new Error(`wrong answer ${JSON.stringify(answer)}`);
  }
}

/** `ai`: generateText with its mock model. */
export function ai(): Prepared {
  let calls = 0;
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  };
  const model = new MockLanguageModelV4({
    doGenerate: async () =>
      calls++ % 2 === 0
        ? {
            content: [
              { type: 'tool-call', toolCallId: 'call_1', toolName: 'add', input: '{"a":1,"b":2}' },
            ],
            finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
            usage,
            warnings: [],
          }
        : {
            content: [{ type: 'text', text: '3' }],
            finishReason: { unified: 'stop', raw: 'stop' },
            usage,
            warnings: [],
          },
  });
  const tools = { add: tool({ description: 'Adds.', inputSchema: parameters, execute: addUp }) };
  return {
    async run(operations) {
      await repeated(
        operations,
        async () =>
          (await generateText({ model, tools, prompt: PROMPT, stopWhen: isStepCount(5) })).text,
      );
      model.doGenerateCalls.length = 0; // it keeps every call, which would be counted against it
    },
  };
}

/** `@openai/agents`: a runner with a fake model, tracing off. */
export function openAiAgents(): Prepared {
  let calls = 0;
  const model: Model = {
    getResponse: async () => ({
      usage: new Usage(),
      output:
        calls++ % 2 === 0
          ? [
              {
                type: 'function_call',
                callId: 'call_1',
                name: 'add',
                arguments: '{"a":1,"b":2}',
                status: 'completed',
              },
            ]
          : [
              {
                type: 'message',
                role: 'assistant',
                status: 'completed',
                content: [{ type: 'output_text', text: '3' }],
              },
            ],
    }),
    getStreamedResponse: () => {
      throw new Error('not used');
    },
  };
  const agent = new Agent({
    name: 'adder',
    model,
    tools: [agentTool({ name: 'add', description: 'Adds.', parameters, execute: addUp })],
  });
  const runner = new Runner({ tracingDisabled: true });
  return {
    run: (operations) =>
      repeated(operations, async () => (await runner.run(agent, PROMPT)).finalOutput),
  };
}

class TwoStepModel extends FakeListChatModel {
  calls = 0;

  constructor() {
    super({ responses: ['3'] });
  }

  override bindTools(): this {
    return this;
  }

  override async _generate() {
    const message =
      this.calls++ % 2 === 0
        ? new AIMessage({
            content: '',
            tool_calls: [{ id: 'call_1', name: 'add', args: { a: 1, b: 2 } }],
          })
        : new AIMessage('3');
    return { generations: [{ message, text: '' }] };
  }
}

/** LangGraph: createReactAgent with a fake model. */
export function langGraph(): Prepared {
  const add = langChainTool(addUp, { name: 'add', description: 'Adds.', schema: parameters });
  const agent = createReactAgent({ llm: new TwoStepModel(), tools: [add] });
  return {
    run: (operations) =>
      repeated(operations, async () => {
        const { messages } = await agent.invoke({ messages: [{ role: 'user', content: PROMPT }] });
        return messages.at(-1)?.content;
      }),
  };
}
