import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createToolManager } from './tool-manager.ts';
import { defineTool } from './define-tool.ts';

const getWeather = defineTool({
  name: 'get_weather',
  description: 'Tells the weather of a city.',
  input: z.object({ city: z.string(), days: z.number().int().default(1) }),
  effect: 'read',
  execute: ({ city, days }) => `Weather in ${city} for ${days} days is sunny.`,
});

describe('createToolManager', () => {
  it('x', async () => {
    const tools = createToolManager({ environment: {} });
    tools.registerTool(getWeather);
    console.log(JSON.stringify(tools.parseToolsToList()));
    for (const args of [
      '{"city":"Paris"}',
      '{city: "Paris", days: "3",}',
      '',
      '{"city": "Par',
      '"{\\"city\\":\\"P\\"}"',
      { city: 3 },
      '{"city":"Paris"} </tool_call>',
      [{ city: 'P' }],
    ])
      console.log(await tools.executeToolCall({ id: '1', name: 'get_weather', arguments: args }));
    console.log(
      await tools.executeToolCalls([
        { id: '1', name: 'getweather' },
        { id: '2', name: 'constructor' },
      ]),
    );
    expect(1).toBe(1);
  });
});
