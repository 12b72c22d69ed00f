import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { readModule } from './source-module.ts';

export interface ReachOptions {
  /**
   * Follows `import('…')` too.
   * @default true
   */
  readonly dynamic?: boolean;
}

/** Follows relative imports from the entries, and gives all files on the way, relative to `dir`. */
export function reachableFiles(
  dir: string,
  entries: readonly string[],
  { dynamic = true }: ReachOptions = {},
): string[] {
  const files = new Set(entries.map((entry) => join(dir, entry)));
  for (const file of files) {
    const { imports } = existsSync(file) ? readModule(file) : { imports: [] };
    for (const each of imports) {
      if (!each.specifier.startsWith('.') || (each.dynamic && !dynamic)) continue;
      files.add(importedFile(file, each.specifier));
    }
  }
  return [...files].map((file) => relative(dir, file).split(sep).join('/'));
}

/** A declaration names the source that it was made of: `./clock.ts` is `./clock.d.ts`. */
function importedFile(importer: string, specifier: string): string {
  const file = join(dirname(importer), specifier);
  return importer.endsWith('.d.ts') ? file.replace(/\.[tj]s$/, '.d.ts') : file;
}
