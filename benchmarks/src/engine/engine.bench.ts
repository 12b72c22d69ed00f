import type { BenchmarkCase } from '../case.ts';
import { installedVersion } from '../installed-version.ts';
import { measureCases } from '../measure.ts';
import type { Fact, Row } from '../row.ts';
import { measureDeltaMemory } from './delta-memory.ts';

const TURN = 'turn with one tool round, no I/O';
const OURS = 'llmgine engine on the bus';

/** What a turn of the engine costs beside the model and the tools. */
export const cases: readonly BenchmarkCase[] = [
  {
    name: TURN,
    subjects: [
      {
        name: 'hand-written loop',
        role: 'limit',
        prepare: async () => (await import('./subjects/llmgine.ts')).handWritten(),
      },
      {
        name: OURS,
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

let latest: readonly Row[] = [];

/** Measures all of them in one run. */
export async function rows(): Promise<Row[]> {
  const measured = await measureCases({ area: 'engine', module: import.meta.url, cases });
  latest = measured;
  return measured;
}

/**
 * How many times our overhead the others have, by the rows measured before, and the memory of long answers. Overhead is
 * what a turn takes beyond the hand-written loop: the model's and the tool's own work, and reading the arguments.
 */
export async function facts(): Promise<Fact[]> {
  return [...overheads(), ...(await measureDeltaMemory())];
}

const TARGETS: Readonly<Record<string, string>> = {
  'ai generateText': 'at least 30',
  '@openai/agents': 'at least 50',
};

function overheads(): Fact[] {
  const turns = latest.filter((row) => row.case === TURN);
  const work = turns.find(({ subject }) => subject === 'hand-written loop')?.nsPerOp ?? 0;
  const ours = turns.find(({ subject }) => subject === OURS)?.nsPerOp ?? Number.NaN;
  const peers = turns.filter(({ subject, nsPerOp }) => subject !== OURS && nsPerOp > work);
  return peers.map(({ subject, nsPerOp }) => {
    const target = TARGETS[subject];
    const value = (nsPerOp - work) / (ours - work);
    const name = `overhead of a turn, ${subject} over ours`;
    return { area: 'engine', name, value, unit: '×', ...(target !== undefined && { target }) };
  });
}
