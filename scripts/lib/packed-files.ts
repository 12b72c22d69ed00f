import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { compare, findSources, isTestFile, type WorkspacePackage } from './workspace.ts';

/** Compares what is in a tarball with what belongs there: dist, src without tests, four files. */
export function packedFileProblems(
  { dir, path }: WorkspacePackage,
  packed: readonly string[],
): string[] {
  const expected = new Set(expectedFiles(dir));
  const found = new Set(packed);
  return [
    ...[...found].filter((file) => !expected.has(file)).map((file) => `${path}: packs ${file}`),
    ...[...expected].filter((file) => !found.has(file)).map((file) => `${path}: lacks ${file}`),
  ].toSorted(compare);
}

function expectedFiles(dir: string): string[] {
  const sources = findSources(join(dir, 'src'))
    .filter((file) => !isTestFile(file))
    .map((file) => relative(join(dir, 'src'), file).split(sep).join('/'));
  const optional = ['CHANGELOG.md'].filter((file) => existsSync(join(dir, file)));
  return [
    'LICENSE',
    'README.md',
    'package.json',
    ...optional,
    ...sources.flatMap((file) => [`src/${file}`, ...builtFrom(file.replace(/\.ts$/, ''))]),
  ];
}

function builtFrom(name: string): string[] {
  return ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((ending) => `dist/${name}${ending}`);
}
