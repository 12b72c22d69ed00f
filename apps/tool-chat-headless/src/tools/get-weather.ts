import { defineTool, jsonSchema } from '@llmgine/tools';

/** What the demo knows; any other place has the guide's weather. */
const WEATHER: ReadonlyMap<string, string> = new Map([
  ['kyoto', 'sunny and 22°C'],
  ['london', 'rainy and 14°C'],
  ['new york', 'windy and 18°C'],
  ['oslo', 'snowy and -3°C'],
  ['paris', 'cloudy and 19°C'],
  ['sydney', 'clear and 26°C'],
]);

/** Gives made-up weather, and says so. */
export const getWeather = defineTool({
  name: 'get_weather',
  description: 'Current weather in a city (demo data, not real).',
  effect: 'read',
  input: jsonSchema<{ readonly city: string }>({
    type: 'object',
    properties: { city: { type: 'string', description: 'Name of the city', minLength: 1 } },
    required: ['city'],
    additionalProperties: false,
  }),
  execute: ({ city }) =>
    `The weather in ${city} is ${WEATHER.get(city.toLowerCase()) ?? 'sunny and 22°C'} (demo data)`,
});
