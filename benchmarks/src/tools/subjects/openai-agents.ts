import { RunContext, tool } from '@openai/agents';
import type { Prepared } from '../../case.ts';
import { tellWeather, weatherArguments, weatherSchema } from './weather.ts';

/** The OpenAI Agents SDK's tool, called as its runner calls it. */
export function calls(): Prepared {
  const weather = tool({
    name: 'tell_weather',
    description: 'Tells the weather of a city.',
    parameters: weatherSchema,
    execute: tellWeather,
  });
  const context = new RunContext();
  return {
    async run(operations) {
      for (let index = 0; index < operations; index++) {
        await weather.invoke(context, weatherArguments);
      }
    },
  };
}
