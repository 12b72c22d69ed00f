// Made by `llmgine-tools generate` from ./functions.ts. Do not edit: change the functions and run it again.
/* eslint-disable */
import { defineTool, jsonSchema, type StandardToolInput, type Tool } from '@llmgine/tools';
import { getWeather, bookTable } from './functions.ts';

type GetWeatherArguments = { city: string; units?: 'celsius' | 'fahrenheit'; day?: string };

/** The tool of `getWeather`. @public */
export const getWeatherTool: Tool<
  StandardToolInput<GetWeatherArguments>,
  Awaited<ReturnType<typeof getWeather>>
> = defineTool({
  name: 'get_weather',
  description: 'Tells the weather of a city on a day.',
  effect: 'read',
  input: jsonSchema<GetWeatherArguments>({
    type: 'object',
    properties: {
      city: {
        type: 'string',
        description: "The city's name.",
      },
      units: {
        type: 'string',
        enum: ['celsius', 'fahrenheit'],
        description: 'Which degrees.',
        default: 'celsius',
      },
      day: {
        type: 'string',
        format: 'date-time',
        description: 'The day; today if left out.',
      },
    },
    required: ['city'],
    additionalProperties: false,
  }),
  execute: (args) =>
    getWeather(args.city, args.units, args.day === undefined ? undefined : new Date(args.day)),
});

type BookTableArguments = { restaurant: string; guests: number };

/** The tool of `bookTable`. @public */
export const bookTableTool: Tool<
  StandardToolInput<BookTableArguments>,
  Awaited<ReturnType<typeof bookTable>>
> = defineTool({
  name: 'book_table',
  description: 'Books a table at a restaurant.',
  input: jsonSchema<BookTableArguments>({
    type: 'object',
    properties: {
      restaurant: {
        type: 'string',
      },
      guests: {
        type: 'number',
        description: 'How many people come.',
      },
    },
    required: ['restaurant', 'guests'],
    additionalProperties: false,
  }),
  execute: (args) => bookTable(args),
});

/** All tools of this file, for `registerTool`. */
export const tools: readonly [typeof getWeatherTool, typeof bookTableTool] = [
  getWeatherTool,
  bookTableTool,
];
