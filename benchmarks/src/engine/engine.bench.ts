import type { BenchmarkCase } from '../case.ts';
import { installedVersion } from '../installed-version.ts';
import { measureCases } from '../measure.ts';
import type { Row } from '../row.ts';

/** What a turn of the engine costs beside the model and the tools. */
export const cases: readonly BenchmarkCase[] = [
  {
    name: 'turn with one tool round, no I/O',
    subjects: [
      {
        name: 'hand-written loop',
        role: 'limit',
        prepare: async () => (await import('./subjects/llmgine.ts')).handWritten(),
      },
      {
        name: 'llmgine engine on the bus',
        role: 'us',
        prepare: async () => (await import('./subjects/llmgine.ts')).engineTurn(),
      },
      {
        name: 'ai generateText',
        version: installedVersion('ai'),
        prepare: async () => (await import('./subjects/peers.ts')).ai(),
      },
      {
        name: '@openai/agents',
        version: installedVersion('@openai/agents'),
        prepare: async () => (await import('./subjects/peers.ts')).openAiAgents(),
      },
      {
        name: 'LangGraph createReactAgent',
        version: installedVersion('@langchain/langgraph'),
        prepare: async () => (await import('./subjects/peers.ts')).langGraph(),
      },
    ],
  },
  {
    name: 'text delta through accumulator, engine and bus',
    subjects: [
      {
        name: 'llmgine',
        role: 'us',
        prepare: async () => (await import('./subjects/llmgine.ts')).streamedDeltas(),
      },
    ],
  },
];

/** Measures all of them in one run. */
export function rows(): Promise<Row[]> {
  return measureCases({ area: 'engine', module: import.meta.url, cases });
}
