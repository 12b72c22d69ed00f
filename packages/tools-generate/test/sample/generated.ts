// Made by `llmgine-tools generate` from ./tools.ts. Do not edit: change the functions and run it again.
/* eslint-disable */
import { defineTool, jsonSchema, type StandardToolInput, type Tool } from '@llmgine/tools';
import { getWeather, bookVisit, add, tell } from './tools.ts';

type GetWeatherArguments = { city: string; units?: 'celsius' | 'fahrenheit'; days?: number };

/** The tool of `getWeather`. @public */
export const getWeatherTool: Tool<
  StandardToolInput<GetWeatherArguments>,
  Awaited<ReturnType<typeof getWeather>>
> = defineTool({
  name: 'getWeather',
  description: 'Tells the weather of a city.',
  effect: 'read',
  timeoutMs: 5000,
  input: jsonSchema<GetWeatherArguments>({
    type: 'object',
    properties: {
      city: {
        type: 'string',
        description: 'The city’s name.',
      },
      units: {
        type: 'string',
        enum: ['celsius', 'fahrenheit'],
        description: 'Which degrees.',
        default: 'celsius',
      },
      days: {
        type: 'number',
        default: 1,
      },
    },
    required: ['city'],
    additionalProperties: false,
  }),
  execute: (args) => getWeather(args.city, args.units, args.days),
});

type BookVisitArgumentsType1 = {
  street: string;
  zip?: number;
  tags: string[];
  parent?: BookVisitArgumentsType1;
};

type BookVisitArguments = {
  when: string;
  address: { street: string; zip?: number; tags: string[]; parent?: BookVisitArgumentsType1 };
  level: 0 | 'high';
  range?: { from: string; to: string | null };
  others?: string[];
};

/** The tool of `bookVisit`. @public */
export const bookVisitTool: Tool<
  StandardToolInput<BookVisitArguments>,
  Awaited<ReturnType<typeof bookVisit>>
> = defineTool({
  name: 'book_visit',
  description: 'Books a visit.',
  input: jsonSchema<BookVisitArguments>({
    type: 'object',
    properties: {
      when: {
        type: 'string',
        format: 'date-time',
        description: 'When it begins.',
      },
      address: {
        type: 'object',
        properties: {
          street: {
            type: 'string',
            description: 'The street and number.',
          },
          zip: {
            type: 'number',
          },
          tags: {
            type: 'array',
            items: {
              type: 'string',
            },
          },
          parent: {
            $ref: '#/$defs/Type1',
          },
        },
        required: ['street', 'tags'],
        additionalProperties: false,
      },
      level: {
        type: ['number', 'string'],
        enum: [0, 'high'],
      },
      range: {
        type: 'object',
        properties: {
          from: {
            type: 'string',
            format: 'date-time',
          },
          to: {
            anyOf: [
              {
                type: 'string',
                format: 'date-time',
              },
              {
                type: 'null',
              },
            ],
          },
        },
        required: ['from', 'to'],
        additionalProperties: false,
      },
      others: {
        type: 'array',
        items: {
          type: 'string',
          format: 'date-time',
        },
      },
    },
    required: ['when', 'address', 'level'],
    additionalProperties: false,
    $defs: {
      Type1: {
        type: 'object',
        properties: {
          street: {
            type: 'string',
            description: 'The street and number.',
          },
          zip: {
            type: 'number',
          },
          tags: {
            type: 'array',
            items: {
              type: 'string',
            },
          },
          parent: {
            $ref: '#/$defs/Type1',
          },
        },
        required: ['street', 'tags'],
        additionalProperties: false,
      },
    },
  }),
  execute: (args) =>
    bookVisit(
      new Date(args.when),
      args.address,
      args.level,
      args.range === undefined
        ? undefined
        : (({ from: field0, to: field1, ...rest }) => ({
            ...rest,
            from: new Date(field0),
            to: field1 === null ? null : new Date(field1),
          }))(args.range),
      args.others === undefined ? undefined : args.others.map((item) => new Date(item)),
    ),
});

type AddArguments = { a: number; b?: number };

/** The tool of `add`. @public */
export const addTool: Tool<
  StandardToolInput<AddArguments>,
  Awaited<ReturnType<typeof add>>
> = defineTool({
  name: 'add',
  description: 'Adds numbers.',
  effect: 'read',
  input: jsonSchema<AddArguments>({
    type: 'object',
    properties: {
      a: {
        type: 'number',
      },
      b: {
        type: 'number',
        default: 2,
      },
    },
    required: ['a'],
    additionalProperties: false,
  }),
  execute: (args) => add(args),
});

type TellArgumentsType1 = {
  street: string;
  zip?: number;
  tags: string[];
  parent?: TellArgumentsType1;
};

type TellArguments = {
  point: [number, number];
  counts: { [name: string]: number };
  partial?: { street?: string; zip?: number; tags?: string[]; parent?: TellArgumentsType1 };
  mixed?: string | number | null;
};

/** The tool of `tell`. @public */
export const tellTool: Tool<
  StandardToolInput<TellArguments>,
  Awaited<ReturnType<typeof tell>>
> = defineTool({
  name: 'tell',
  description: 'Tells the time.',
  input: jsonSchema<TellArguments>({
    type: 'object',
    properties: {
      point: {
        type: 'array',
        items: {
          type: 'number',
        },
        minItems: 2,
        maxItems: 2,
      },
      counts: {
        type: 'object',
        additionalProperties: {
          type: 'number',
        },
      },
      partial: {
        type: 'object',
        properties: {
          street: {
            type: 'string',
            description: 'The street and number.',
          },
          zip: {
            type: 'number',
          },
          tags: {
            type: 'array',
            items: {
              type: 'string',
            },
          },
          parent: {
            $ref: '#/$defs/Type1',
          },
        },
        additionalProperties: false,
      },
      mixed: {
        type: ['string', 'number', 'null'],
      },
    },
    required: ['point', 'counts'],
    additionalProperties: false,
    $defs: {
      Type1: {
        type: 'object',
        properties: {
          street: {
            type: 'string',
            description: 'The street and number.',
          },
          zip: {
            type: 'number',
          },
          tags: {
            type: 'array',
            items: {
              type: 'string',
            },
          },
          parent: {
            $ref: '#/$defs/Type1',
          },
        },
        required: ['street', 'tags'],
        additionalProperties: false,
      },
    },
  }),
  execute: (args) => tell(args.point, args.counts, args.partial, args.mixed),
});

/** All tools of this file, for `registerTool`. */
export const tools: readonly [
  typeof getWeatherTool,
  typeof bookVisitTool,
  typeof addTool,
  typeof tellTool,
] = [getWeatherTool, bookVisitTool, addTool, tellTool];
