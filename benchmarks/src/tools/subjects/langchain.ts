import { tool } from '@langchain/core/tools';
import type { Prepared } from '../../case.ts';
import { tellWeather, weatherArguments, weatherSchema } from './weather.ts';

/** LangChain's tool, called as its agents call it. */
export function calls(): Prepared {
  const weather = tool(tellWeather, {
    name: 'tell_weather',
    description: 'Tells the weather of a city.',
    schema: weatherSchema,
  });
  return {
    async run(operations) {
      for (let index = 0; index < operations; index++) {
        const args = JSON.parse(weatherArguments) as Record<string, unknown>;
        await weather.invoke({ type: 'tool_call', id: 'call_1', name: 'tell_weather', args });
      }
    },
  };
}
