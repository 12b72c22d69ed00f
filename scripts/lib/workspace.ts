import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** The folders that can hold a package, as pnpm-workspace.yaml lists them. */
const PACKAGE_FOLDERS = ['packages/*', 'apps/*', 'examples/*', 'benchmarks'];

const SOURCE_CONDITION = '@llmgine/source';

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface EntryPoint {
  /** As in `exports`: `.` or `./stores`. */
  readonly subpath: string;
  /** What an importer writes: `@llmgine/core/stores`. */
  readonly specifier: string;
  /** Absolute path of the source file. */
  readonly file: string;
}

export interface WorkspacePackage {
  readonly name: string;
  /** Absolute path. */
  readonly dir: string;
  /** Relative to the root, with forward slashes: `packages/core`. */
  readonly path: string;
  readonly manifest: Manifest;
  readonly entryPoints: readonly EntryPoint[];
}

/** Finds every package of the workspace that exists, sorted by path. */
export function findPackages(root: string): WorkspacePackage[] {
  return PACKAGE_FOLDERS.flatMap((folder) => globSync(`${folder}/package.json`, { cwd: root }))
    .map((file) => readPackage(root, dirname(file)))
    .toSorted((a, b) => compare(a.path, b.path));
}

/** Finds the packages that are published. */
export function findPublished(root: string): WorkspacePackage[] {
  return findPackages(root).filter(({ manifest }) => !manifest.private);
}

/** Finds the TypeScript files of a package, as absolute paths, sorted. */
export function findSources(dir: string): string[] {
  return globSync('**/*.ts', { cwd: dir, exclude: isGenerated })
    .filter((file) => !file.split(sep).some(isGenerated))
    .map((file) => join(dir, file))
    .toSorted(compare);
}

/** Says whether a file is a test, a type test or a bench, which are not published. */
export function isTestFile(file: string): boolean {
  return /\.(test|test-d|bench)\.ts$/.test(file) || file.includes(`${sep}test${sep}`);
}

/** Writes a path relative to the root, with forward slashes. */
export function shown(root: string, file: string): string {
  return relative(root, file).split(sep).join('/');
}

/** Orders strings by code unit, the same everywhere. */
export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Reads the package.json of a folder. */
export function readManifest(dir: string): Manifest {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Manifest;
}

function readPackage(root: string, folder: string): WorkspacePackage {
  const dir = join(root, folder);
  const manifest = readManifest(dir);
  const { name } = manifest;
  return { name, dir, path: shown(root, dir), manifest, entryPoints: entryPointsOf(dir, manifest) };
}

function entryPointsOf(dir: string, { name, exports = {} }: Manifest): EntryPoint[] {
  return Object.entries(exports).flatMap(([subpath, target]) => {
    const source = typeof target === 'string' ? undefined : target[SOURCE_CONDITION];
    if (source === undefined) return [];
    return [{ subpath, specifier: name + subpath.slice(1), file: join(dir, source) }];
  });
}

function isGenerated(name: string): boolean {
  return ['node_modules', 'build', 'dist', 'coverage', '.turbo'].includes(name);
}

/** Reads a file that may be absent. */
export function readIfPresent(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
