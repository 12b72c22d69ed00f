import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { entryNames } from './entry-names.ts';
import { reachableFiles } from './reachable-files.ts';
import { compare, type WorkspacePackage } from './workspace.ts';

/** Compares what is in a tarball with what belongs there: what the entry points reach, three files. */
export function packedFileProblems(
  { dir, path, manifest }: WorkspacePackage,
  packed: readonly string[],
): string[] {
  const { exported, all } = entryNames(manifest);
  const expected = new Set([
    'LICENSE',
    'README.md',
    'package.json',
    ...['CHANGELOG.md'].filter((file) => existsSync(join(dir, file))),
    ...reachableFiles(dir, [
      ...all.map((name) => `dist/${name}.js`),
      ...exported.map((name) => `dist/${name}.d.ts`),
    ]),
  ]);
  const found = new Set(packed);
  return [
    ...[...found]
      .filter((file) => !expected.has(file))
      .map((file) => `${path}: packs ${file}, which nothing reaches`),
    ...[...expected].filter((file) => !found.has(file)).map((file) => `${path}: lacks ${file}`),
  ].toSorted(compare);
}
