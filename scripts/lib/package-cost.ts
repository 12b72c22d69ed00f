import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { outputOf } from './run.ts';

/** Sizes that are promised, in bytes of the unpacked package. */
const MAX_BYTES: Readonly<Record<string, number>> = { '@llmgine/core': 300_000 };

const IMPORTS = 5;

const PROGRAM =
  'const start = performance.now(); await import(process.argv[1]); console.log(performance.now() - start);';

/** Where a package is installed. */
export interface InstalledPackage {
  readonly name: string;
  /** The folder that holds `node_modules`. */
  readonly dir: string;
}

/** Gives the bytes of all files of an installed package. */
export function installedBytes({ name, dir }: InstalledPackage): number {
  const folder = join(dir, 'node_modules', name);
  return globSync('**/*', { cwd: folder, exclude: (file) => file === 'node_modules' })
    .map((file) => statSync(join(folder, file)))
    .reduce((bytes, file) => bytes + (file.isFile() ? file.size : 0), 0);
}

/** Says that a package is larger than promised. */
export function sizeProblems(name: string, bytes: number): string[] {
  const most = MAX_BYTES[name] ?? Infinity;
  return bytes <= most ? [] : [`${name} has ${bytes} bytes; it should have at most ${most}`];
}

/** Gives the median time of importing a package, its dependencies included, in a process of its own. */
export async function importTimeMs({ name, dir }: InstalledPackage): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < IMPORTS; count++) {
    const args = ['--input-type=module', '--eval', PROGRAM, name];
    times.push(Number(await outputOf(process.execPath, args, { cwd: dir })));
  }
  return times.toSorted((a, b) => a - b)[Math.floor(IMPORTS / 2)]!;
}
