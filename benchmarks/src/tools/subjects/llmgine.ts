import { createToolManager, defineTool, type ToolManager } from '@llmgine/tools';
import type { Prepared } from '../../case.ts';
import { tellWeather, weatherArguments, weatherSchema } from './weather.ts';

function managerOf(count: number): ToolManager {
  const manager = createToolManager({ environment: {} });
  for (let index = 0; index < count; index++) {
    manager.registerTool(
      defineTool({
        name: index === 0 ? 'tell_weather' : `tell_weather_${index}`,
        description: 'Tells the weather of a city.',
        input: weatherSchema,
        effect: 'read',
        execute: tellWeather,
      }),
    );
  }
  return manager;
}

/** One call after another through a manager with so many tools. */
export function calls(count: number): Prepared {
  const manager = managerOf(count);
  const call = { id: 'call_1', name: 'tell_weather', arguments: weatherArguments };
  return {
    async run(operations) {
      for (let index = 0; index < operations; index++) await manager.executeToolCall(call);
    },
  };
}

/** The list of 100 tools, once it was asked for. */
export function list(): Prepared {
  const manager = managerOf(100);
  manager.parseToolsToList();
  return {
    run(operations) {
      let seen = 0;
      for (let index = 0; index < operations; index++) seen += manager.parseToolsToList().length;
      if (seen !== operations * 100) throw new Error('the list is not whole');
    },
  };
}
