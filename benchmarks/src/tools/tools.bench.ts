import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BenchmarkCase } from '../case.ts';
import { installedVersion } from '../installed-version.ts';
import { measureCases, median } from '../measure.ts';
import type { Fact, Row } from '../row.ts';

const area = 'tools';

/** What a tool call costs beside its parts and beside peers. */
export const cases: readonly BenchmarkCase[] = [
  {
    name: 'one tool call, zod schema',
    subjects: [
      {
        name: 'JSON.parse, zod and the awaited tool',
        role: 'limit',
        version: installedVersion('zod'),
        prepare: async () => (await import('./subjects/direct.ts')).direct(),
      },
      {
        name: 'llmgine',
        role: 'us',
        prepare: async () => (await import('./subjects/llmgine.ts')).calls(1),
      },
      {
        name: 'llmgine, 1,000 tools registered',
        prepare: async () => (await import('./subjects/llmgine.ts')).calls(1_000),
      },
      {
        name: '@langchain/core',
        version: installedVersion('@langchain/core'),
        prepare: async () => (await import('./subjects/langchain.ts')).calls(),
      },
      {
        name: '@openai/agents',
        version: installedVersion('@openai/agents'),
        prepare: async () => (await import('./subjects/openai-agents.ts')).calls(),
      },
    ],
  },
  {
    name: 'list of 100 tools, asked for again',
    subjects: [
      {
        name: 'llmgine',
        role: 'us',
        prepare: async () => (await import('./subjects/llmgine.ts')).list(),
      },
    ],
  },
];

/** Measures this area. */
export function rows(): Promise<Row[]> {
  return measureCases({ area, module: import.meta.url, cases });
}

const execute = promisify(execFile);
const ROUNDS = 15;

/** What importing the package costs where zod is imported anyway. */
export async function facts(): Promise<Fact[]> {
  const times: Record<'zod' | 'both', number[]> = { zod: [], both: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.zod.push(await importTime(['zod']));
    times.both.push(await importTime(['zod', '@llmgine/tools']));
  }
  return [
    {
      area,
      name: 'import of @llmgine/tools over zod alone',
      value: median(times.both) - median(times.zod),
      unit: 'ms',
      target: 'under 30 ms',
    },
  ];
}

async function importTime(packages: readonly string[]): Promise<number> {
  const imports = packages.map((name) => `await import('${name}');`).join(' ');
  const program = `const from = performance.now(); ${imports} console.log(performance.now() - from);`;
  const given = ['--input-type=module', '--eval', program];
  const cwd = join(import.meta.dirname, '../..');
  const { stdout } = await execute(process.execPath, given, { cwd });
  return Number(stdout);
}
