import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs one of `programs/` in a Node.js of its own and reads the JSON that it prints last. */
export async function runProgram<Result>(
  program: string,
  { node = [], given = [] }: { node?: readonly string[]; given?: readonly string[] } = {},
): Promise<Result> {
  const file = join(import.meta.dirname, 'programs', program);
  const { stdout } = await execute(process.execPath, [...node, file, ...given]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Result;
}
