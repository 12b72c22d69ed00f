import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { reachableFiles } from './reachable-files.ts';

/** Copies the declarations that the entry points reach from `build` to `dist`. */
export function copyDeclarations(dir: string, names: readonly string[]): void {
  const entries = names.map((name) => `${name}.d.ts`);
  for (const file of reachableFiles(join(dir, 'build'), entries)) {
    cpSync(join(dir, 'build', file), join(dir, 'dist', file));
  }
}
