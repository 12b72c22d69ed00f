import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { outputOf } from './run.ts';

export interface NodeProgram {
  readonly command: string;
  /** Without the `v`. */
  readonly version: string;
}

/** Finds the Node.js of the machine, behind the one that the workspace brings. */
export async function machineNode(): Promise<NodeProgram | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const commands = folders
    .filter((folder) => !folder.includes('node_modules'))
    .map((folder) => join(folder, 'node'));
  const command = commands.find((each) => existsSync(each));
  if (command === undefined) return undefined;
  const version = (await outputOf(command, ['--version'])).trim().replace(/^v/, '');
  return version === process.versions.node ? undefined : { command, version };
}

/** Says whether a version is in a range of the form `>=22.18`. */
export function admits(range: string, version: string): boolean {
  const wanted = range.replace('>=', '').trim().split('.').map(Number);
  const found = version.split('.').map(Number);
  for (const [index, part] of wanted.entries()) {
    const difference = (found[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
