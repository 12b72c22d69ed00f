import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { OUTCOME_UNKNOWN, type ToolChatResult } from '../src/index.ts';

/** How many processes are killed at random moments; a release is tried with LLMGINE_KILLS=500. */
const KILLS = Number(process.env['LLMGINE_KILLS'] ?? 60);
const CHILDREN = 3;
const LONGEST_LIFE_MS = 40;
const CALLS_PER_RUN = { read: 2, idempotent: 1, once: 3 } as const;

const directories: string[] = [];
/** Starting a process is most of the test's time. */
const COMPILED = makeDirectory();
afterAll(() =>
  directories.forEach((directory) => rmSync(directory, { recursive: true, force: true })),
);

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'llmgine-kill-'));
  directories.push(directory);
  return directory;
}

type RunLine = ToolChatResult & { readonly runId: string };

interface ChildOptions {
  readonly directory: string;
  readonly firstRun?: number;
  readonly runs: number;
  readonly killAt?: string;
  /** Kills it so long after it is ready. */
  readonly lifeMs?: number;
}

/** Runs the child to its end, or until it is killed, and gives the runs that it finished. */
async function runChild({
  directory,
  firstRun = 0,
  runs,
  killAt = '',
  lifeMs,
}: ChildOptions): Promise<RunLine[]> {
  const script = join(import.meta.dirname, 'kill-child.ts');
  const args = [
    '--conditions=@llmgine/source',
    script,
    directory,
    String(firstRun),
    String(runs),
    killAt,
  ];
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: COMPILED },
  });
  const closed = once(child, 'close');
  const lines: RunLine[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== 'ready') lines.push(JSON.parse(line) as RunLine);
    else if (lifeMs !== undefined) setTimeout(() => child.kill('SIGKILL'), lifeMs);
  }
  const [code, signal] = (await closed) as [number | null, string | null];
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`The child ended with ${code}.`);
  return lines;
}

/** How often each effect happened, by idempotency key. */
function effectsIn(directory: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of readOrEmpty(join(directory, 'effects.txt')).split('\n').filter(Boolean)) {
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return counts;
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function expectTrue(result: RunLine, effects: ReadonlyMap<string, number>): void {
  expect(result).toMatchObject({ stopReason: 'answered', text: 'All of it: 6 results.' });
  for (const [effect, calls] of Object.entries(CALLS_PER_RUN)) {
    const keys = [...effects].filter(([line]) => line.startsWith(`${effect} ${result.runId}:`));
    expect(keys.length).toBeLessThanOrEqual(calls); // repeated effects carry the same key
    if (effect !== 'once') expect(keys).toHaveLength(calls);
    else expect(keys.every(([, times]) => times === 1)).toBe(true);
  }
  const known = result.toolCalls.filter(
    ({ toolName, status }) => toolName === 'once' && status === 'ok',
  ).length;
  const happened = [...effects.keys()].filter((line) =>
    line.startsWith(`once ${result.runId}:`),
  ).length;
  const unknown = result.toolCalls.filter(({ content }) => content === OUTCOME_UNKNOWN).length;
  expect(known + unknown).toBe(CALLS_PER_RUN.once);
  expect(happened).toBeGreaterThanOrEqual(known);
}

describe('a run that is killed and resumed', () => {
  const steps = [
    'run.started',
    'model.answered',
    'tool.intent',
    'read',
    'idempotent',
    'once',
    'tool.settled',
    'run.finished',
  ];

  it.each(steps.flatMap((step) => [`${step}.before`, `${step}.after`]))(
    '15.4 is completed after SIGKILL at %s',
    async (killAt) => {
      const directory = makeDirectory();

      await runChild({ directory, runs: 1, killAt });
      const [result] = await runChild({ directory, runs: 1 });

      expectTrue(result!, effectsIn(directory));
    },
    60_000,
  );

  it(`15.4 has had no once effect twice after ${KILLS} kills at random moments`, async () => {
    let kills = 0;
    let finished = 0;
    await Promise.all(Array.from({ length: CHILDREN }, () => killAgainAndAgain()));

    expect(kills).toBeGreaterThanOrEqual(KILLS);
    expect(finished).toBeGreaterThan(0);

    async function killAgainAndAgain(): Promise<void> {
      const directory = makeDirectory();
      const results = new Map<string, RunLine>();
      while (kills < KILLS) {
        const lines = await runChild({
          directory,
          firstRun: results.size,
          runs: 100_000,
          lifeMs: Math.random() * LONGEST_LIFE_MS,
        });
        kills += 1;
        for (const line of lines) results.set(line.runId, line);
      }
      const [last] = await runChild({ directory, firstRun: results.size, runs: results.size + 1 });
      results.set(last!.runId, last!);
      const effects = effectsIn(directory);
      for (const result of results.values()) expectTrue(result, effects);
      finished += results.size;
    }
  }, 600_000);
});
