import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Fact, Row } from '../row.ts';
import { installedVersion } from '../installed-version.ts';
import { runProgram } from './run-program.ts';

const execute = promisify(execFile);

/** What 100,000 sessions leave behind. */
export interface SessionsMeasured {
  readonly nsPerSession: number;
  readonly heapGrowthPercent: number;
  /** Sessions, handlers and events that are still there. */
  readonly left: number;
}

/** Opens, uses and closes sessions in a process of its own. */
export function measureSessions(): Promise<SessionsMeasured> {
  return runProgram<SessionsMeasured>('sessions.ts', { node: ['--expose-gc'] });
}

/** The time of a session. */
export function sessionRow({ nsPerSession }: SessionsMeasured): Row {
  return {
    area: 'core',
    case: '100,000 sessions opened, used and closed',
    subject: 'llmgine',
    version: installedVersion('@llmgine/core'),
    nsPerOp: nsPerSession,
    ratioToLimit: undefined,
    ratioToUs: 1,
  };
}

/** What sessions leave behind. */
export function sessionFacts({ heapGrowthPercent, left }: SessionsMeasured): Fact[] {
  return [
    {
      area: 'core',
      name: 'heap after 100,000 sessions, over before',
      value: heapGrowthPercent,
      unit: '%',
      target: 'within 5 %',
    },
    { area: 'core', name: 'left of them on the bus', value: left, unit: '', target: 'nothing' },
  ];
}

/** What a bus costs that has nothing to do, and how fast it wakes. */
export async function idleFacts(): Promise<Fact[]> {
  const { wokenAfterMs, idleCpuMs, idleCpuWithFutureEventsMs } = await runProgram<{
    wokenAfterMs: number;
    idleCpuMs: number;
    idleCpuWithFutureEventsMs: number;
  }>('idle.ts');
  const facts: Omit<Fact, 'area'>[] = [
    {
      name: 'idle bus to first handler',
      value: wokenAfterMs,
      unit: 'ms',
      target: 'under 1 ms',
    },
    { name: 'processor time in 2 s of idling', value: idleCpuMs, unit: 'ms', target: 'none' },
    {
      name: 'processor time in 2 s with 1,000 future events',
      value: idleCpuWithFutureEventsMs,
      unit: 'ms',
      target: 'none',
    },
  ];
  return facts.map((fact) => ({ area: 'core', ...fact }));
}

/** What an install puts on the disk. */
export async function sizeFact(): Promise<Fact> {
  const folder = join(import.meta.dirname, '../../../packages/core');
  const { stdout } = await execute('npm', ['pack', '--dry-run', '--json'], { cwd: folder });
  const packed = JSON.parse(stdout) as { unpackedSize: number }[];
  return {
    area: 'core',
    name: '@llmgine/core on the disk',
    value: (packed[0]?.unpackedSize ?? Number.NaN) / 1e6,
    unit: 'MB',
    target: 'at most 0.3 MB',
  };
}
