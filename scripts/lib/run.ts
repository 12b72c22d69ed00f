import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface RunOptions {
  readonly cwd?: string;
  /** Keeps the output instead of showing it. */
  readonly quiet?: boolean;
  /** Ends the program after this time. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** 0 when the program ended well; 1 when a signal ended it. */
  readonly code: number;
  /** What it printed, when quiet. */
  readonly output: string;
}

/** No tool that we start reports on its use. */
const QUIET = { DO_NOT_TRACK: '1', TURBO_TELEMETRY_DISABLED: '1' };

/** Runs a program to its end. It gets no standard input. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, quiet = false, timeoutMs }: RunOptions = {},
): Promise<RunResult> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...QUIET },
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  });
  const chunks: string[] = [];
  const collect = (chunk: Buffer) => chunks.push(chunk.toString());
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, output: chunks.join('') };
}

/** Runs a program quietly and gives what it printed; where it fails, throws with that text. */
export async function outputOf(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, output } = await run(command, args, { ...options, quiet: true });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}\n${output}`);
  return output;
}

/** Gives a function that says how many seconds went by since it was made: `1.2 s`. */
export function stopwatch(): () => string {
  const start = performance.now();
  return () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
