import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { admits, machineNode, type NodeProgram } from './lib/other-node.ts';
import { importTimeMs, installedBytes, sizeProblems } from './lib/package-cost.ts';
import { packedFileProblems } from './lib/packed-files.ts';
import { packedExampleProblems } from './lib/packed-examples.ts';
import { packedPeerProblems } from './lib/packed-peers.ts';
import { report } from './lib/report.ts';
import { outputOf, run } from './lib/run.ts';
import {
  findPackages,
  findPublished,
  type Manifest,
  type WorkspacePackage,
} from './lib/workspace.ts';

/** What `pnpm pack --json` says of a tarball. */
interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Consumer {
  readonly dir: string;
  readonly packages: readonly WorkspacePackage[];
}

/** Packs every package, installs the tarballs with npm in an empty folder, and loads all of it. */
async function checkPackages(root: string): Promise<string[]> {
  const packages = findPublished(root);
  if (packages.length === 0) return [];
  const dir = mkdtempSync(join(tmpdir(), 'llmgine-packed-'));
  try {
    const { tarballs, problems } = await packAll(packages, join(dir, 'tarballs'));
    const consumer = { dir: join(dir, 'consumer'), packages };
    await install(consumer, tarballs);
    const nodes = [{ command: process.execPath, version: process.versions.node }];
    const other = await machineNode();
    if (other) nodes.push(other);
    for (const node of nodes) {
      problems.push(...(await loadProblems(consumer, node)));
      problems.push(
        ...(await packedExampleProblems({
          packages: findPackages(root),
          consumer: consumer.dir,
          node,
        })),
      );
    }
    problems.push(...(await commandProblems(consumer)));
    return problems.length > 0 ? problems : await costProblems(consumer);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function packAll(
  packages: readonly WorkspacePackage[],
  destination: string,
): Promise<{ tarballs: string[]; problems: string[] }> {
  mkdirSync(destination, { recursive: true });
  const tarballs: string[] = [];
  const problems: string[] = [];
  for (const each of packages) {
    const args = ['pack', '--json', '--pack-destination', destination];
    const text = await outputOf('pnpm', args, { cwd: each.dir });
    const { filename, files } = JSON.parse(text) as Packed;
    tarballs.push(filename);
    problems.push(
      ...packedFileProblems(
        each,
        files.map(({ path }) => path),
      ),
      ...packedPeerProblems(each),
    );
  }
  console.log(`packed ${tarballs.length} packages`);
  return { tarballs, problems };
}

async function install({ dir }: Consumer, tarballs: readonly string[]): Promise<void> {
  mkdirSync(dir);
  writeFileSync(join(dir, 'package.json'), '{ "name": "consumer", "private": true }\n');
  const peers = await optionalPeers(tarballs);
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  await outputOf('npm', ['install', ...quiet, ...tarballs, ...peers], {
    cwd: dir,
  });
  console.log('installed them with npm in an empty folder');
}

/** Prints what each package costs on disk and to import; only sizes are the same on every machine. */
async function costProblems({ dir, packages }: Consumer): Promise<string[]> {
  const problems: string[] = [];
  for (const { name } of packages) {
    const bytes = installedBytes({ name, dir });
    const tookMs = await importTimeMs({ name, dir });
    console.log(`${name}: ${(bytes / 1000).toFixed(0)} kB, imported in ${tookMs.toFixed(0)} ms`);
    problems.push(...sizeProblems(name, bytes));
  }
  return problems;
}

/** Gives each optional peer with the range that its package asks for: `pg@^8.23.1`. */
async function optionalPeers(tarballs: readonly string[]): Promise<string[]> {
  const manifests = await Promise.all(tarballs.map(packedManifest));
  const peers = manifests.flatMap(({ peerDependencies = {}, peerDependenciesMeta = {} }) =>
    Object.entries(peerDependencies)
      .filter(([peer]) => peerDependenciesMeta[peer]?.optional)
      .map(([peer, range]) => `${peer}@${range}`),
  );
  return [...new Set(peers)];
}

async function packedManifest(tarball: string): Promise<Manifest> {
  return JSON.parse(await outputOf('tar', ['-xzOf', tarball, 'package/package.json'])) as Manifest;
}

/** Loads every entry point with `import`, and with `require` where Node can. */
async function loadProblems(
  { dir, packages }: Consumer,
  { command, version }: NodeProgram,
): Promise<string[]> {
  const specifiers = packages
    .filter(({ manifest }) => admits(manifest.engines?.['node'] ?? '>=0', version))
    .flatMap(({ entryPoints }) => entryPoints.map(({ specifier }) => specifier));
  if (specifiers.length === 0) return [];
  const programs = {
    'import.mjs': specifiers.map((each) => `await import('${each}');\n`).join(''),
    'require.cjs': specifiers.map((each) => `require('${each}');\n`).join(''),
  };
  const problems: string[] = [];
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(dir, name), text);
    const { code, output } = await run(command, [name], { cwd: dir, quiet: true });
    const done = `${name} of ${specifiers.length} entry points on Node.js ${version}`;
    if (code === 0) console.log(done);
    else problems.push(`${done} failed:\n${output}`);
  }
  return problems;
}

/** Every command that a package installs answers `--help`. */
async function commandProblems({ dir, packages }: Consumer): Promise<string[]> {
  const commands = packages.flatMap(({ manifest }) => Object.keys(manifest.bin ?? {}));
  const problems: string[] = [];
  for (const command of commands) {
    const program = join(dir, 'node_modules', '.bin', command);
    const { code, output } = await run(program, ['--help'], { cwd: dir, quiet: true });
    if (code !== 0) problems.push(`${command} --help ended with ${code}:\n${output}`);
  }
  return problems;
}

if (import.meta.main) report('packages', await checkPackages(process.cwd()));
