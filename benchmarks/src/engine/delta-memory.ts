import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Fact } from '../row.ts';

const COUNTS = [1_000, 10_000, 100_000];

/** What one answer keeps in memory. */
export interface AnswerMemory {
  /** Heap in use after a full collection at the answer's last delta, beyond that before it, the text itself left out. */
  readonly heldBytes: number;
  /** Of the whole process. */
  readonly peakBytes: number;
}

/** Measures answers of growing length, each in a process of its own: what is held must not grow with them. */
export async function measureDeltaMemory(): Promise<Fact[]> {
  const facts: Fact[] = [];
  for (const count of COUNTS) {
    const { heldBytes, peakBytes } = await measureAnswer(count);
    const deltas = `answer of ${count.toLocaleString('en')} deltas`;
    facts.push(
      fact(`${deltas}: heap held at its end, its text left out`, heldBytes / 1024, 'kB'),
      fact(`${deltas}: peak of the process`, peakBytes / 1024 ** 2, 'MB'),
    );
  }
  return facts;
}

async function measureAnswer(count: number): Promise<AnswerMemory> {
  const program = new URL('./delta-memory-process.ts', import.meta.url);
  const child = fork(program, [String(count)], { execArgv: ['--expose-gc'], stdio: 'inherit' });
  const [measured] = (await once(child, 'message')) as [AnswerMemory];
  return measured;
}

function fact(name: string, value: number, unit: string): Fact {
  return { area: 'engine', name, value, unit, target: 'flat' };
}
