import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** The program's entry. */
export const main = join(import.meta.dirname, '../src/main.ts');

/** Where the runs of one test file keep their sessions. */
export const home = mkdtempSync(join(tmpdir(), 'llmgine-chat-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The key of the endpoints that runs are sent against. */
export const KEY = 'sk-secret-key-1234567890';

/** What became of a run of the program. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of stdout where they are JSON. */
  readonly lines: Record<string, unknown>[];
}

/** How to run the program. */
export interface RunOptions {
  readonly input?: string | Buffer;
  readonly env?: Record<string, string>;
  /** Called once when stdout holds this. */
  readonly when?: readonly [string, (kill: (signal: NodeJS.Signals) => void) => unknown];
}

/** Runs the program to its end. */
export async function run(
  args: readonly string[],
  { input = '', env = {}, when }: RunOptions = {},
): Promise<Ran> {
  const child = start(args, env);
  let stdout = '';
  let stderr = '';
  let waiting = when;
  child.stdout!.on('data', (piece: Buffer) => {
    stdout += piece.toString();
    if (!waiting || !stdout.includes(waiting[0])) return;
    const [, then] = waiting;
    waiting = undefined;
    then((signal) => child.kill(signal));
  });
  child.stderr!.on('data', (piece: Buffer) => (stderr += piece.toString()));
  child.stdin!.on('error', () => {});
  child.stdin!.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr, lines: linesOf(stdout) };
}

/** Starts the program without whatever endpoint the environment names. */
export function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const { OPENAI_API_KEY: _k, OPENAI_BASE_URL: _u, OPENAI_MODEL: _m, ...rest } = process.env;
  return spawn(process.execPath, ['--conditions=@llmgine/source', main, ...args], {
    env: {
      ...rest,
      NODE_OPTIONS: '',
      NODE_COMPILE_CACHE: join(tmpdir(), 'llmgine-compiled'),
      LLMGINE_CHAT_HOME: home,
      ...env,
    },
  });
}

/** Has the program ask this endpoint. */
export function against(baseUrl: string): RunOptions {
  return { env: { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: KEY } };
}

function linesOf(stdout: string): Record<string, unknown>[] {
  if (!stdout.startsWith('{')) return [];
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
