import { defineTool, jsonSchema } from '@llmgine/tools';

/** Gives made-up search results, and says so. */
export const searchWeb = defineTool({
  name: 'search_web',
  description: 'Searches the web (demo data, not real).',
  effect: 'read',
  input: jsonSchema<{ readonly query: string }>({
    type: 'object',
    properties: { query: { type: 'string', description: 'What to look for', minLength: 1 } },
    required: ['query'],
    additionalProperties: false,
  }),
  execute: ({ query }) => ({
    note: 'demo data, nothing was searched',
    results: [
      { title: `About ${query}`, snippet: `A made-up page that would tell of ${query}.` },
      {
        title: `${query}: questions and answers`,
        snippet: `A made-up list of answers on ${query}.`,
      },
    ],
  }),
});
