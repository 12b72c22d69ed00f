import type { EventMessage } from '@llmgine/core';
import { openPersistence } from '../../src/index.ts';
import { crashPoints } from './crash-points.ts';
import { Findings } from './findings.ts';
import { WorkerProcess } from './worker-process.ts';

/** Where and how often to kill. */
export interface KillOptions {
  readonly url: string;
  readonly schema: string;
  readonly kills: number;
  /** Chooses how long a worker lives, so that a run can be repeated. */
  readonly random: () => number;
}

/** What was found when the last worker had finished. */
export interface CrashResult {
  readonly findings: Findings;
  readonly loggedRuns: ReadonlyMap<string, readonly number[]>;
  readonly journal: readonly unknown[];
  readonly deadLetters: readonly string[];
}

/** How long a worker lives that is killed from outside. */
const LONGEST_LIFE_MS = 60;

/** Kills workers at random moments and at named points, restarts them, and at last lets one finish. */
export async function killManyTimes(options: KillOptions): Promise<CrashResult> {
  const { url, schema, kills, random } = options;
  const findings = new Findings();
  const hear = findings.hear.bind(findings);
  let next = startWorker(0);
  for (let run = 0; run < kills; run++) {
    const worker = next;
    await worker.ready();
    // The next one starts while this one works, as in a rolling restart; two share the database for a moment.
    if (run + 1 < kills) next = startWorker(run + 1);
    const life = new Promise((resolve) => setTimeout(resolve, 5 + random() * LONGEST_LIFE_MS));
    await Promise.race([worker.ended, isDoomed(run) ? worker.ended : life]);
    await worker.kill();
  }
  const last = new WorkerProcess({ url, schema, run: 'last', mode: 'drain' }, hear);
  await last.ended;
  return { findings, ...(await readBack(url, schema)) };

  function startWorker(run: number): WorkerProcess {
    const crashAt = isDoomed(run) ? crashPoints[(run >> 1) % crashPoints.length]! : undefined;
    const passes = 1 + Math.floor(random() * 5);
    return new WorkerProcess(
      { url, schema, run: String(run), ...(crashAt && { crashAt, passes }) },
      hear,
    );
  }

  /** Every second worker dies by itself, at a named point. */
  function isDoomed(run: number): boolean {
    return run % 2 === 1;
  }
}

async function readBack(url: string, schema: string): Promise<Omit<CrashResult, 'findings'>> {
  await using persistence = await openPersistence({ url, schema });
  const loggedRuns = new Map<string, number[]>();
  for await (const { event } of persistence.eventLog.read()) {
    const { run, count } = (event as EventMessage<string, { run: string; count: number }>).data;
    const counts = loggedRuns.get(run) ?? [];
    counts.push(count);
    loggedRuns.set(run, counts);
  }
  const journal: unknown[] = [];
  for await (const record of persistence.streams.read('journal')) journal.push(record);
  const letters = await persistence.deadLetters.list();
  return { loggedRuns, journal, deadLetters: letters.map(({ id }) => id) };
}
