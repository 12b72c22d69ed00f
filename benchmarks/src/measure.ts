import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { BenchmarkCase, Subject } from './case.ts';
import type { Row } from './row.ts';

/** What to measure. */
export interface Measurement {
  readonly area: string;
  /** `import.meta.url` of the module that exports the cases, which each subject's process imports. */
  readonly module: string;
  readonly cases: readonly BenchmarkCase[];
}

const SAMPLES = Math.max(15, Number(process.env['BENCHMARK_SAMPLES'] ?? 21));

/**
 * Measures cases: every subject in a process of its own, so that none is slowed by what the compiler learnt from
 * another; their samples taken in turns, so that a busy moment of the machine hits all; the median of each.
 */
export async function measureCases({ area, module, cases }: Measurement): Promise<Row[]> {
  const rows: Row[] = [];
  for (const each of cases) {
    process.stderr.write(`${area}: ${each.name}\n`);
    rows.push(...(await measureCase(area, module, each)));
  }
  return rows;
}

async function measureCase(area: string, module: string, measured: BenchmarkCase): Promise<Row[]> {
  const { name, subjects } = measured;
  const processes: ChildProcess[] = [];
  try {
    for (const subject of subjects) processes.push(await startProcess(module, name, subject));
    const samples = await takeSamples(processes);
    const medians = samples.map(median);
    const limit = medians[subjects.findIndex(({ role }) => role === 'limit')];
    const us = medians[subjects.findIndex(({ role }) => role === 'us')];
    return subjects.map((subject, index) => {
      const nsPerOp = medians[index]!;
      return {
        area,
        case: name,
        subject: subject.name,
        version: subject.version ?? '-',
        nsPerOp,
        ratioToLimit: limit === undefined ? undefined : nsPerOp / limit,
        ratioToUs: us === undefined ? undefined : nsPerOp / us,
      };
    });
  } finally {
    for (const child of processes) child.disconnect();
  }
}

async function startProcess(
  module: string,
  caseName: string,
  subject: Subject,
): Promise<ChildProcess> {
  const program = new URL('./subject-process.ts', import.meta.url);
  const child = fork(program, [module, caseName, subject.name], { stdio: 'inherit' });
  await answer(child, `${subject.name} in '${caseName}'`);
  return child;
}

async function takeSamples(processes: readonly ChildProcess[]): Promise<number[][]> {
  const samples = processes.map((): number[] => []);
  for (let round = 0; round < SAMPLES; round++) {
    for (let turn = 0; turn < processes.length; turn++) {
      // Another one begins each round, so that nobody always comes after the same neighbour.
      const index = (turn + round) % processes.length;
      const child = processes[index]!;
      const answered = answer(child, `subject ${index}`);
      child.send('sample');
      samples[index]!.push((await answered).nsPerOp);
    }
  }
  return samples;
}

async function answer(child: ChildProcess, name: string): Promise<{ nsPerOp: number }> {
  const stopped = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', stopped).then(([message]) => message as { nsPerOp: number }),
      once(child, 'exit', stopped).then(([code]) => {
        throw new Error(`The process of ${name} ended with ${String(code)}`);
      }),
    ]);
  } finally {
    stopped.abort();
  }
}

/** The middle one; half of the samples were slower. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
