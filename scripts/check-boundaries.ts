import { basename, dirname, join, resolve, sep } from 'node:path';
import { isBuiltin } from 'node:module';
import { allowedPackages, mayUseExternal } from './lib/arrows.ts';
import { findCycles, importGraph } from './lib/import-graph.ts';
import { report } from './lib/report.ts';
import { readModule, type ModuleImport, type SourceModule } from './lib/source-module.ts';
import {
  findPackages,
  findSources,
  isTestFile,
  readIfPresent,
  shown,
  type WorkspacePackage,
} from './lib/workspace.ts';

interface Importer {
  readonly root: string;
  readonly from: WorkspacePackage;
  readonly file: string;
  readonly packages: ReadonlyMap<string, WorkspacePackage>;
}

/** Checks who imports whom: between packages, between files, and from which entry point. */
export function checkBoundaries(root: string): string[] {
  const packages = findPackages(root);
  const byName = new Map(packages.map((each) => [each.name, each]));
  const modules = packages.flatMap((from) =>
    findSources(from.dir).map((file) => ({ from, module: readModule(file) })),
  );
  const graph = importGraph(
    modules.map(({ module }) => module),
    packages.flatMap(({ entryPoints }) => entryPoints),
  );

  return [
    ...modules.flatMap(({ from, module }) =>
      importProblems({ root, from, file: module.file, packages: byName }, module),
    ),
    ...modules.flatMap(({ from, module }) => barrelProblems(root, from, module)),
    ...packages.flatMap((each) => optionalPeerProblems(root, each, packages)),
    ...findCycles(graph).map(
      (cycle) => `import cycle: ${cycle.map((file) => shown(root, file)).join(' -> ')}`,
    ),
    ...referenceProblems(root, packages),
  ];
}

function importProblems(importer: Importer, module: SourceModule): string[] {
  return module.imports.flatMap((each) => {
    const problem = each.specifier.startsWith('.')
      ? relativeProblem(importer, each)
      : packageProblem(importer, each);
    return problem === undefined
      ? []
      : [
          `${shown(importer.root, importer.file)}:${each.line} imports '${each.specifier}', ${problem}`,
        ];
  });
}

function relativeProblem(
  { from, file }: Importer,
  { specifier }: ModuleImport,
): string | undefined {
  const target = resolve(dirname(file), specifier);
  if (!target.startsWith(from.dir + sep)) {
    return `which is outside ${from.path}; import another package by its name`;
  }
  if (!/\.(ts|json|cjs|mjs|js)$/.test(target)) {
    return 'which is a folder or lacks its extension; name the file';
  }
  return undefined;
}

function packageProblem(importer: Importer, { specifier }: ModuleImport): string | undefined {
  const name = packageNameOf(specifier);
  const target = importer.packages.get(name);
  if (target) return arrowProblem(importer, target) ?? deepProblem(target, specifier);
  if (name.startsWith('@llmgine/')) return 'which is no package of this workspace';
  return isBuiltin(specifier) ? undefined : externalProblem(importer, name);
}

function arrowProblem({ from, file }: Importer, target: WorkspacePackage): string | undefined {
  if (target === from) return undefined;
  if (!target.path.startsWith('packages/')) return `but nothing imports from ${target.path}`;
  if (!from.path.startsWith('packages/') || isTestFile(file)) return undefined;
  const allowed = allowedPackages(from.name);
  if (allowed.includes(target.name)) return undefined;
  return allowed.length === 0
    ? `but ${from.name} imports no package of this workspace`
    : `but ${from.name} may import only ${allowed.join(', ')}`;
}

function deepProblem(target: WorkspacePackage, specifier: string): string | undefined {
  const exported = target.entryPoints.some((entry) => entry.specifier === specifier);
  return exported ? undefined : `which ${target.name} does not export`;
}

function externalProblem({ from, file }: Importer, name: string): string | undefined {
  if (!from.path.startsWith('packages/') || isTestFile(file)) return undefined;
  if (!mayUseExternal(from.name, name)) return `but ${from.name} must not depend on it`;
  const { dependencies = {}, peerDependencies = {} } = from.manifest;
  return name in dependencies || name in peerDependencies
    ? undefined
    : `which is neither in its dependencies nor in its peerDependencies`;
}

/** Only entry points gather names; a barrel inside a package is how import cycles begin. */
function barrelProblems(root: string, from: WorkspacePackage, module: SourceModule): string[] {
  if (!module.file.startsWith(join(from.dir, 'src') + sep)) return [];
  const place = shown(root, module.file);
  const reExports = module.imports.filter(({ reExport }) => reExport);
  const stars = module.parsed.program.body.filter(({ type }) => type === 'ExportAllDeclaration');

  if (from.entryPoints.some(({ file }) => file === module.file)) {
    return stars.map(() => `${place} exports '*'; name what it exports one by one`);
  }
  if (basename(module.file) === 'index.ts') {
    return [`${place} is an index.ts that is no entry point; import the files themselves`];
  }
  return reExports.map(
    ({ line, specifier }) =>
      `${place}:${line} re-exports from '${specifier}'; only entry points re-export`,
  );
}

/** Whoever imports the main entry point must not need an optional peer, not even for its types. */
function optionalPeerProblems(
  root: string,
  { name, manifest, entryPoints }: WorkspacePackage,
  packages: readonly WorkspacePackage[],
): string[] {
  const main = entryPoints.find(({ subpath }) => subpath === '.');
  const peers = Object.entries(manifest.peerDependenciesMeta ?? {})
    .filter(([, { optional }]) => optional)
    .map(([peer]) => peer);
  if (!main || peers.length === 0) return [];
  const entries = packages.flatMap((each) => each.entryPoints);
  const reached = reachable(main.file, entries).filter(({ specifier }) =>
    peers.includes(packageNameOf(specifier)),
  );
  return reached.map(
    ({ file, line, specifier }) =>
      `${shown(root, file)}:${line} imports the optional peer '${specifier}' and is reached from ${name}; give it an entry point of its own`,
  );
}

function reachable(
  start: string,
  entries: WorkspacePackage['entryPoints'],
): (ModuleImport & { readonly file: string })[] {
  const found: (ModuleImport & { readonly file: string })[] = [];
  const files = new Set([start]);
  for (const file of files) {
    if (readIfPresent(file) === undefined) continue;
    const module = readModule(file);
    const loaded = { ...module, imports: module.imports.filter(({ dynamic }) => !dynamic) };
    found.push(...loaded.imports.map((each) => ({ ...each, file })));
    for (const { specifier } of loaded.imports) {
      const target = specifier.startsWith('.')
        ? resolve(dirname(file), specifier)
        : entries.find((entry) => entry.specifier === specifier)?.file;
      if (target?.endsWith('.ts')) files.add(target);
    }
  }
  return found;
}

/** `tsc -b` checks only what the root tsconfig.json refers to. */
function referenceProblems(root: string, packages: readonly WorkspacePackage[]): string[] {
  const text = readIfPresent(join(root, 'tsconfig.json'));
  if (text === undefined) return [];
  const { references = [] } = JSON.parse(text) as { references?: { path: string }[] };
  const listed = new Set(references.map(({ path }) => path));
  return packages.flatMap(({ dir, path }) => {
    if (readIfPresent(join(dir, 'tsconfig.json')) === undefined)
      return [`${path} has no tsconfig.json`];
    if (listed.has(path)) return [];
    return [`tsconfig.json does not refer to ${path}; add { "path": "${path}" }`];
  });
}

function packageNameOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

if (import.meta.main) report('boundaries', checkBoundaries(process.cwd()));
