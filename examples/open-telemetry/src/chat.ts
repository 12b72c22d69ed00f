import { type BusSession, type MessageBus } from '@llmgine/core';
import { sleep } from '@llmgine/core/timing';
import { createToolChatEngine, ToolChatRunFinishedEvent } from '@llmgine/engine';
import { scriptedChatModel } from '@llmgine/llm/testing';
import { createToolManager, defineTool, jsonSchema } from '@llmgine/tools';

const getWeather = defineTool({
  name: 'get_weather',
  description: 'Tells the weather of a city.',
  effect: 'read',
  input: jsonSchema<{ city: string }>({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  }),
  async execute({ city }) {
    await sleep(20);
    return `sunny in ${city}`;
  },
});

/** A model that asks for the weather and then answers. */
const model = scriptedChatModel(
  [
    async () => {
      await sleep(40);
      const toolCalls = [{ name: 'get_weather', arguments: { city: 'Kyoto' } }];
      return { toolCalls, usage: { inputTokens: 120, outputTokens: 18 } };
    },
    async () => {
      await sleep(30);
      return { text: 'Sunny.', usage: { inputTokens: 160, outputTokens: 4 } };
    },
  ],
  { provider: 'demo', model: 'demo-large' },
);

/** A chat in a session, whose end one handler shows and another fails to keep. */
export function startChat(bus: MessageBus, session: BusSession): void {
  const tools = createToolManager({ publisher: session });
  tools.registerTool(getWeather);
  createToolChatEngine({ bus: session, model, tools });

  bus.registerEventHandler(ToolChatRunFinishedEvent, () => {}, { name: 'show' });
  bus.registerEventHandler(
    ToolChatRunFinishedEvent,
    () => {
      throw new Error('the archive is closed');
    },
    { name: 'archive' },
  );
}
