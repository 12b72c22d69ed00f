import { existsSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findPackages } from './workspace.ts';

/** Removes built files whose source is gone, which the compiler leaves, and gives their paths. */
export function removeStaleOutput(root: string): string[] {
  const stale = findPackages(root).flatMap(({ dir }) =>
    globSync('dist/**/*.{js,js.map,d.ts,d.ts.map}', { cwd: dir })
      .filter((file) => !existsSync(join(dir, sourceOf(file))))
      .map((file) => join(dir, file)),
  );
  for (const file of stale) rmSync(file);
  return stale;
}

function sourceOf(built: string): string {
  return built.replace(/^dist/, 'src').replace(/\.(js|d\.ts)(\.map)?$/, '.ts');
}
